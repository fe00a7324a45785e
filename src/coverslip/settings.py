"""Settings of one installation, read from `COVERSLIP_*` environment variables."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an installation can set; each field's description stands in `docs/run/settings.md`."""

    model_config = SettingsConfigDict(env_prefix="COVERSLIP_", frozen=True)

    data_dir: Path = Field(
        default=Path("coverslip-data"), description="Folder of the embedded database and the local blob store."
    )
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL address of the schema owner, used for migrations; unset: embedded PostgreSQL.",
    )
    application_database_url: str | None = Field(
        default=None,
        description="PostgreSQL address of the application role, neither owner nor superuser; goes with database_url.",
    )
    storage_url: str | None = Field(
        default=None,
        description="Object storage for slides and results, s3://bucket/prefix; unset: the folder blobs in data_dir.",
    )
    cold_storage_url: str | None = Field(
        default=None,
        description="Cheaper place to which rules move blobs, s3://bucket/prefix or file:///folder; unset: none.",
    )
    replica_storage_url: str | None = Field(
        default=None,
        description="Second copy of every blob, to repair damage from, s3://... or file:///folder; unset: none.",
    )
    s3_endpoint: str | None = Field(
        default=None, description="Address of the object storage, https://host:port; unset: Amazon's."
    )
    s3_region: str = Field(default="us-east-1", description="Region of the object storage.")
    s3_access_key_id: str | None = Field(
        default=None, description="Key of the object storage; unset: AWS_ACCESS_KEY_ID, or the machine's own role."
    )
    s3_secret_access_key: SecretStr | None = Field(
        default=None, description="Secret that goes with s3_access_key_id; unset: AWS_SECRET_ACCESS_KEY."
    )
    cold_s3_access_key_id: str | None = Field(
        default=None, description="Key of the cold place; unset: as s3_access_key_id."
    )
    cold_s3_secret_access_key: SecretStr | None = Field(
        default=None, description="Secret that goes with cold_s3_access_key_id."
    )
    replica_s3_access_key_id: str | None = Field(
        default=None, description="Key of the replica; unset: as s3_access_key_id."
    )
    replica_s3_secret_access_key: SecretStr | None = Field(
        default=None, description="Secret that goes with replica_s3_access_key_id."
    )
    s3_path_style: bool | None = Field(
        default=None, description="Bucket in the path, not in the host name; unset: where s3_endpoint is set."
    )
    s3_ca_file: Path | None = Field(
        default=None, description="PEM file of the authority that signed the object storage's certificate."
    )
    s3_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Silence of the object storage that ends a try, in seconds.",
    )
    s3_retries: int = Field(
        default=5, ge=0, description="How often a request to the object storage is begun again, with growing pauses."
    )
    cache_dir: Path | None = Field(
        default=None, description="Folder of what was read from object storage; unset: cache in data_dir."
    )
    cache_mb: int = Field(
        default=20_000, ge=16, description="Most that the folder cache_dir takes, in MB; the longest unread goes first."
    )
    fixity_days: int = Field(
        default=30, ge=1, description="Days within which every stored byte is read and compared with its checksum."
    )
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8400, description="Port the web server listens on.")
    session_hours: float = Field(default=12.0, description="Longest life of a sign-in, in hours.")
    session_idle_minutes: float = Field(default=60.0, description="A sign-in unused this long ends, in minutes.")
    secure_cookies: bool = Field(default=False, description="Send the session cookie over HTTPS only.")
    slide_readers: tuple[str, ...] = Field(
        default=(
            "closed",
            "tiff",
            "bif",
            "scn",
            "philips",
            "ndpi",
            "qptiff",
            "dicom",
            "kfb",
            "isyntax",
            "czi",
            "openslide",
            "plain",
        ),
        description="Slide readers in the order they are asked, by entry-point name; a plug-in works once named here.",
    )
    algorithms: tuple[str, ...] = Field(
        default=("ki67-classical",),
        description="Algorithms that may be used, by entry-point name; the first that reads a marker is its default.",
    )
    upload_dir: Path | None = Field(
        default=None,
        description="Folder of unfinished uploads, shared by web servers and workers; unset: uploads in data_dir.",
    )
    upload_largest_gb: float = Field(default=100.0, description="Largest file a browser may upload, in GB.")
    upload_hours: float = Field(default=72.0, description="An upload that stood still this long is deleted, in hours.")
    reserve_gb: float = Field(
        default=2.0,
        ge=0,
        description="Left free on the disk by uploads and by intake, for the database and all else on it, in GB.",
    )
    demo: bool = Field(default=False, description="Say on every page that its people and cases are made up.")
    time_zone: str = Field(default="Asia/Shanghai", description="IANA time zone in which reports print times.")
    tile_cache_mb: int = Field(
        default=2048,
        ge=0,
        description="Disk for tiles that had to be decoded, in the folder made of data_dir, in MB; 0 keeps none.",
    )
    decoder_memory_mb: int = Field(default=2048, description="Memory limit of one decoder process, in MB.")
    decoder_seconds: float = Field(default=30.0, description="Time limit of one decoding request, in seconds.")
    decoder_processes: int = Field(default=2, description="Decoder processes a server keeps.")

    watch_roots: tuple[Path, ...] = Field(
        default=(),
        description="Folders below which an administrator may have folders watched; {organization}: hospital code.",
    )
    decoder_confinement: Literal["required", "off"] = Field(
        default="required",
        description="required: decoders have no network and write nothing, or do not start; off: for other kernels.",
    )

    @property
    def reserve_bytes(self) -> int:
        """`reserve_gb` in bytes."""
        return int(self.reserve_gb * 1e9)

    @property
    def blob_dir(self) -> Path:
        """Folder of the local blob store."""
        return self.data_dir / "blobs"

    @property
    def cache_folder(self) -> Path:
        """Folder of what was read from object storage."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def spool_dir(self) -> Path:
        """Folder of unfinished uploads."""
        return self.upload_dir or self.data_dir / "uploads"

    @property
    def made_dir(self) -> Path:
        """Folder of what can be made again: decoded tiles, tile indexes. May be deleted at any time."""
        return self.data_dir / "made"

    @property
    def database_dir(self) -> Path:
        """Folder of the embedded PostgreSQL."""
        return self.data_dir / "postgres"


@cache
def settings() -> Settings:
    """The installation's settings, read once a process."""
    return Settings()
