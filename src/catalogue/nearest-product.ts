import { nearestWord } from "../net/nearest-word.ts";
import { PRODUCTS } from "./entries.ts";

const NAMES: readonly string[] = PRODUCTS.map(({ product }) => product);

/** The product whose name takes the fewest changes of single characters to get from a word that names none. */
export const nearestProduct = (word: string): string => nearestWord(word, NAMES) ?? "";
