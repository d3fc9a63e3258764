/** Whole numbers in a list that is used again and again: the first `count` of them are meant. */
export interface Numbers {
  readonly of: Int32Array;
  count: number;
}
