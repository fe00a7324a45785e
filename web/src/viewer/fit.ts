/** Around a slide or field that fills the screen, as a share of its longer side. */
export const FIT_MARGIN = 0.04;
