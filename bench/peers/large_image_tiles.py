"""large_image with its TIFF source, colour correction off so that its own passthrough works."""

import os

import large_image
import large_image_source_tiff
from fastapi import FastAPI, Response

large_image.config.setConfig("icc_correction", False)
app = FastAPI()
source = large_image_source_tiff.open(os.environ["BENCH_SLIDE"], encoding="JPEG")
finest = source.levels - 1


@app.get("/{column}/{row}")
def tile(column: int, row: int) -> Response:
    return Response(source.getTile(column, row, finest), media_type="image/jpeg")
