/** A place in the code that is not known yet. */
export interface Label {
  references: number;
  /** Index of the item it stands before, once placed. */
  item: number;
}
