/** A part of a picture as a quad; its colours go through the table, nothing else happens to them. */

export const VERTEX = `#version 300 es
uniform mat3 u_place;
uniform vec2 u_share;
out vec2 v_at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  v_at = corner * u_share;
  gl_Position = vec4((u_place * vec3(corner, 1.0)).xy, 0.0, 1.0);
}`;

/**
 * u_mode: 0 as stored, 1 through the table, 2 from sRGB to Display P3 (for pictures that the server has converted).
 * A sample lies in the middle of its texel, so the table's first and last node lie half a texel inside its texture.
 */
export const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler3D;
uniform sampler2D u_picture;
uniform sampler3D u_table;
uniform float u_size;
uniform int u_mode;
uniform vec2 u_last;
uniform float u_opacity;
uniform vec3 u_adjust;
in vec2 v_at;
out vec4 colour;

const mat3 SRGB_TO_P3 = mat3(0.8224621, 0.0331941, 0.0170827, 0.1775380, 0.9668058, 0.0723974, 0.0, 0.0, 0.9105199);

vec3 light(vec3 drive) {
  return mix(drive / 12.92, pow((drive + 0.055) / 1.055, vec3(2.4)), step(0.04045, drive));
}

vec3 driven(vec3 amount) {
  return mix(amount * 12.92, 1.055 * pow(amount, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, amount));
}

void main() {
  vec3 stored = texture(u_picture, min(v_at, u_last), -0.5).rgb;
  vec3 shown = stored;
  if (u_mode == 1) shown = texture(u_table, (stored * (u_size - 1.0) + 0.5) / u_size).rgb;
  if (u_mode == 2) shown = driven(clamp(SRGB_TO_P3 * light(stored), 0.0, 1.0));
  if (u_adjust != vec3(0.0, 1.0, 1.0)) {
    shown = clamp((shown - 0.5) * u_adjust.y + 0.5 + u_adjust.x, 0.0, 1.0);
    shown = pow(shown, vec3(1.0 / u_adjust.z));
  }
  colour = vec4(shown * u_opacity, u_opacity);
}`;
