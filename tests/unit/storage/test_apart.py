"""Hot, cold and replica are three places: one that is another, or lies inside it, is refused at opening."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.errors import LOCALES, InvalidInput
from coverslip.settings import Settings
from coverslip.storage.apart import of_bucket, shows_through
from coverslip.storage.blobs import BlobStore
from coverslip.storage.local_place import LocalPlace
from coverslip.testing.object_storage import ObjectStorage

S3 = "http://storage.example:9000"


def opened(folder: Path, **given: str) -> BlobStore:
    keys = {"s3_endpoint": S3, "s3_access_key_id": "a", "s3_secret_access_key": "b"}
    return BlobStore.open(Settings(data_dir=folder, **{**keys, **given}))  # type: ignore[arg-type]  # texts are read


@pytest.mark.parametrize(
    ("hot", "other"),
    [
        ("s3://slides", "s3://slides"),
        ("s3://slides", "s3://slides/cold"),
        ("s3://slides/hot/cold", "s3://slides/hot"),
        ("s3://slides/hot/", "s3://slides//hot"),
        ("s3://slides", f"s3://slides?endpoint={S3.upper()}/"),
        ("s3://slides?endpoint=https://s3.eu-west-1.amazonaws.com", "s3://slides/x?endpoint=https://s3.amazonaws.com"),
        ("s3://slides?endpoint=https://a.example", "s3://slides?endpoint=https://a.example:443"),
        ("file://{here}/blobs", "file://{here}/blobs"),
        ("file://{here}/blobs", "file://{here}/blobs/cold"),
        ("file://{here}/blobs/hot", "file://{here}/blobs"),
        ("file://{here}/blobs", "file://{here}/link/cold"),
        ("file://{here}/blobs", "file://{here}/other/../blobs"),
    ],
)
@pytest.mark.parametrize("setting", ["cold_storage_url", "replica_storage_url"])
def test_places_that_are_one_or_nested_are_refused(tmp_path: Path, hot: str, other: str, setting: str) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "blobs")
    addresses = {"storage_url": hot.format(here=tmp_path), setting: other.format(here=tmp_path)}
    with pytest.raises(InvalidInput) as refused:
        opened(tmp_path, **addresses)
    assert refused.value.parameters["problem"] == "storage_places_overlap"
    for locale in LOCALES:
        assert "COVERSLIP_STORAGE_URL" in refused.value.message(locale)
        assert f"COVERSLIP_{setting.upper()}" in refused.value.message(locale)


def test_the_folder_that_is_used_without_a_setting_is_compared_too(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        opened(tmp_path, cold_storage_url=f"file://{tmp_path}/blobs/cold")


def test_cold_and_replica_are_compared_with_each_other(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        opened(tmp_path, cold_storage_url="s3://archive", replica_storage_url="s3://archive/replica")


@pytest.mark.parametrize(
    ("hot", "cold"),
    [
        ("s3://slides/hot", "s3://slides/cold"),
        ("s3://slides/hot", "s3://slides/hot2"),
        ("s3://slides", "s3://slides2"),
        ("s3://slides", "s3://slides?endpoint=http://other.example:9000"),
        ("s3://slides", "s3://slides?endpoint=http://storage.example:9001"),
        ("file://{here}/blobs", "file://{here}/blobs2"),
        ("file://{here}/blobs", "s3://blobs"),
    ],
)
def test_places_beside_each_other_are_three(tmp_path: Path, hot: str, cold: str) -> None:
    replica = f"file://{tmp_path}/replica"
    store = opened(
        tmp_path, storage_url=hot.format(here=tmp_path), cold_storage_url=cold.format(here=tmp_path),
        replica_storage_url=replica,
    )  # fmt: skip
    assert len(store.places) == 2


def test_without_an_endpoint_a_bucket_is_amazons() -> None:
    assert of_bucket(None, "slides", "a") == of_bucket("https://s3.cn-north-1.amazonaws.com.cn", "slides", "/a/")


def test_one_place_under_two_names_shows_through(object_storage: ObjectStorage, tmp_path: Path) -> None:
    settings = object_storage.settings(tmp_path)
    one = BlobStore.open(settings)
    endpoint = object_storage.endpoint.replace("127.0.0.1", "localhost")
    other = BlobStore.open(settings.model_copy(update={"s3_endpoint": endpoint}))
    assert one.hot.address != other.hot.address
    assert shows_through(one.hot, other.hot)
    assert list(one.hot.leftovers()) == []
    apart = LocalPlace(tmp_path / "apart")
    assert not shows_through(one.hot, apart)
    assert not shows_through(apart, one.hot)
