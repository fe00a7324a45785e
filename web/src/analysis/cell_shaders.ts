/** Shaders of the cell layer. One point a cell; shape and colour follow from its state bits. */

import { COLOURS, SMALLEST_SHAPE } from "./cell_look";

function vec3(name: keyof typeof COLOURS): string {
  return `vec3(${COLOURS[name].map((channel) => (channel / 255).toFixed(4)).join(", ")})`;
}

/** `position` is taken relative to `origin` before scaling: at 1e5 pixels single precision alone would jitter. */
export const VERTEX = `#version 300 es
in vec2 position;
in uint state;
uniform vec2 origin;
uniform mat2 linear;
uniform vec2 viewport;
uniform float diameter;
uniform float density;
uniform uint hidden;
flat out uint bits;
flat out float extent;

void main() {
  bool ignored = (state & 2u) == 0u || (state & 8u) != 0u;
  uint group = ignored ? 4u : ((state & 1u) != 0u ? 1u : 2u);
  bits = state;
  // Without a rim where no shape can be seen: a million small marks cost what they cover.
  float rim = diameter < ${SMALLEST_SHAPE}.0 * density ? 0.0 : 2.0;
  extent = diameter + ((state & 4u) != 0u ? max(6.0, diameter * 0.9) : rim);
  gl_PointSize = extent;
  vec2 at = linear * (position - origin) / (0.5 * viewport);
  gl_Position = (hidden & group) != 0u ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(at.x, -at.y, 0.0, 1.0);
}
`;

export const FRAGMENT = `#version 300 es
precision highp float;
flat in uint bits;
flat in float extent;
uniform float diameter;
uniform float density;
out vec4 colour;

const vec3 POSITIVE = ${vec3("positive")};
const vec3 NEGATIVE = ${vec3("negative")};
const vec3 IGNORED = ${vec3("ignored")};
const vec3 DARK = ${vec3("dark")};
const vec3 LIGHT = ${vec3("light")};

/** Coverage of the ring of this radius and half width, smoothed over one device pixel. */
float ring(float distance, float radius, float halfWidth) {
  return clamp(halfWidth + 0.5 - abs(distance - radius), 0.0, 1.0);
}

void over(vec3 paint, float alpha) {
  colour = vec4(paint * alpha, alpha) + colour * (1.0 - alpha);
}

void main() {
  vec2 offset = (gl_PointCoord - 0.5) * extent;
  float distance = length(offset);
  float radius = 0.5 * diameter;
  bool positive = (bits & 1u) != 0u;
  bool excluded = (bits & 8u) != 0u;
  bool ignored = (bits & 2u) == 0u || excluded;
  colour = vec4(0.0);

  if (diameter < ${SMALLEST_SHAPE}.0 * density) {
    float disc = (bits & 4u) == 0u ? 1.0 : clamp(radius + 0.5 - distance, 0.0, 1.0);
    over(ignored ? IGNORED : (positive ? POSITIVE : NEGATIVE), ignored ? 0.5 * disc : disc);
  } else if (excluded) {
    float arm = abs(abs(offset.x) - abs(offset.y)) * 0.7071;
    float cross = clamp(0.6 * density + 0.5 - arm, 0.0, 1.0) * clamp(radius + 0.5 - distance, 0.0, 1.0);
    over(IGNORED, 0.85 * cross);
  } else if (ignored) {
    over(IGNORED, 0.55 * ring(distance, radius - 0.6 * density, 0.6 * density));
  } else if (positive) {
    over(DARK, clamp(radius + 0.5 - distance, 0.0, 1.0));
    over(POSITIVE, clamp(radius - 0.9 * density + 0.5 - distance, 0.0, 1.0));
  } else {
    over(LIGHT, 0.9 * ring(distance, radius - 1.1 * density, 1.6 * density));
    over(NEGATIVE, ring(distance, radius - 1.1 * density, 0.9 * density));
  }
  if ((bits & 4u) != 0u) {
    float outer = 0.5 * extent - 1.5 * density;
    over(LIGHT, ring(distance, outer, 1.2 * density));
    over(DARK, ring(distance, outer, 0.5 * density));
  }
  if (colour.a == 0.0) discard;
}
`;
