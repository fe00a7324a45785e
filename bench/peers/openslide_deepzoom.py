"""OpenSlide's DeepZoom on FastAPI, as its own example server has it: `uvicorn openslide_deepzoom:app`."""

import io
import os

import openslide
from fastapi import FastAPI, Response
from openslide.deepzoom import DeepZoomGenerator

app = FastAPI()
slide = openslide.OpenSlide(os.environ["BENCH_SLIDE"])
pyramid = DeepZoomGenerator(slide, tile_size=256, overlap=0)
finest = pyramid.level_count - 1


@app.get("/{column}/{row}")
def tile(column: int, row: int) -> Response:
    picture = pyramid.get_tile(finest, (column, row))
    buffer = io.BytesIO()
    picture.save(buffer, "jpeg", quality=75)
    return Response(buffer.getvalue(), media_type="image/jpeg")
