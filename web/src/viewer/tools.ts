/** What a press on the slide does. */
export type Tool =
  /** Move the slide. */
  | "look"
  /** Draw a region. */
  | "freehand"
  | "rectangle"
  /** Drag the corners of the chosen region. */
  | "adjust"
  /** A click turns the class of a cell. */
  | "flip"
  /** Draw a region that the count leaves out. */
  | "exclude";
