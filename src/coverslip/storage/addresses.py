"""From the settings to the places they name: a folder, `s3://bucket/prefix`, or `memory:///` for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import MemoryStore, S3Store
from pydantic import SecretStr

from coverslip.errors import InvalidInput
from coverslip.settings import Settings
from coverslip.storage.apart import of_bucket
from coverslip.storage.errors import StorageUnavailable
from coverslip.storage.local_place import LocalPlace
from coverslip.storage.object_place import ObjectPlace
from coverslip.storage.place import Place

OPTIONS = ("endpoint", "region", "path_style")
"""What an address may say after `?`, where this place differs from the general settings. No secrets: an address is
seen in process lists and logs."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key of object storage; both None: what the environment gives (`AWS_ACCESS_KEY_ID`, instance role, ...)."""

    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None


def open_place(field: str, address: str, configured: Settings, credentials: Credentials) -> Place:
    """The place at an address, which stands in the setting `field`.

    Raises `InvalidInput` for an address that cannot be meant, `StorageUnavailable` for a folder that cannot be used.
    """
    parts = urlsplit(address)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return LocalPlace(Path(unquote(parts.path)))
    if parts.scheme == "memory":
        return ObjectPlace(MemoryStore())
    if parts.scheme != "s3" or not parts.hostname:
        raise InvalidInput(field=field, problem="storage_address_unknown")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(field=field, problem="storage_address_with_secret")
    options = dict(parse_qsl(parts.query))
    if not set(options) <= set(OPTIONS):
        raise InvalidInput(field=field, problem="storage_address_option", value=", ".join(sorted(options)))
    try:
        prefix = parts.path.strip("/")
        store = _s3(parts.netloc, prefix, options, configured, credentials)
        return ObjectPlace(store, of_bucket(_endpoint(options, configured), parts.netloc, prefix))
    except (BaseError, ValueError) as error:
        raise StorageUnavailable(problem="storage_refused", technical=str(error).splitlines()[0]) from error


def _endpoint(options: dict[str, str], configured: Settings) -> str | None:
    return options.get("endpoint", configured.s3_endpoint)


def _s3(bucket: str, prefix: str, options: dict[str, str], configured: Settings, credentials: Credentials) -> S3Store:
    endpoint = _endpoint(options, configured)
    path_style = configured.s3_path_style if configured.s3_path_style is not None else endpoint is not None
    if "path_style" in options:
        path_style = options["path_style"] in ("1", "true")
    config: dict[str, Any] = {
        "virtual_hosted_style_request": not path_style,
        "region": options.get("region", configured.s3_region),
        "endpoint": endpoint,
        "access_key_id": credentials.access_key_id,
        "secret_access_key": (
            credentials.secret_access_key.get_secret_value() if credentials.secret_access_key is not None else None
        ),
    }
    seconds = configured.s3_timeout_seconds
    client: dict[str, Any] = {
        "allow_http": endpoint is not None and endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=min(5.0, seconds)),
        # No limit to the whole of an answer: a slide takes as long as it takes. A silence ends it.
        "timeout": timedelta(hours=12),
        "read_timeout": timedelta(seconds=seconds),
    }
    if configured.s3_ca_file is not None:
        try:
            client["root_certificate"] = configured.s3_ca_file.read_bytes()
        except OSError as error:
            raise InvalidInput(
                field="COVERSLIP_S3_CA_FILE", problem="file_not_readable", technical=str(error)
            ) from error
    retry: dict[str, Any] = {
        "max_retries": configured.s3_retries,
        "retry_timeout": timedelta(seconds=seconds * (configured.s3_retries + 1)),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2.0},
    }
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options=client,  # type: ignore[arg-type]  # the keys of obstore's ClientConfig
        retry_config=retry,  # type: ignore[arg-type]  # the keys of obstore's RetryConfig
        **{name: value for name, value in config.items() if value is not None},
    )
