/**
 * The Huffman code of HPACK (RFC 7541 §5.2 and Appendix B). The code is canonical: codes of one
 * length follow each other in the order of their symbols, so the lengths alone define it.
 */

/** Code lengths of the symbols 0 to 255 and the end-of-string symbol; a letter stands for its place after 'A' plus 5. */
const LENGTHS: string =
  "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJB" +
  "KABABABBBACCBBBABCBAABCCCCCKGJIXPRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRS" +
  "VVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ";

const END_OF_STRING = 256;

/** The decoding tree as pairs of children: a positive number is a node, a negative one a symbol (minus one), 0 nothing. */
const TREE: Int16Array = buildTree();

/** The string that `bytes` encode, or undefined when they are no such string. */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  let text = "";
  let node = 0;
  // Padding is the beginning of the end-of-string code, ones only, and shorter than a byte.
  let bitsSince = 0;
  let onlyOnes = true;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (byte >> bit) & 1;
      const next = TREE[node * 2 + one] as number;
      if (next === 0) return undefined;
      bitsSince++;
      onlyOnes &&= one === 1;
      if (next > 0) {
        node = next;
        continue;
      }
      const symbol = -next - 1;
      if (symbol === END_OF_STRING) return undefined;
      text += String.fromCharCode(symbol);
      node = 0;
      bitsSince = 0;
      onlyOnes = true;
    }
  }
  return bitsSince < 8 && onlyOnes ? text : undefined;
}

function buildTree(): Int16Array {
  const lengths = Array.from(LENGTHS, (letter) => letter.charCodeAt(0) - 65 + 5);
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  const tree = new Int16Array(2 * 257);
  let nodes = 1;
  let code = 0;
  let before = 0;
  for (const symbol of symbols) {
    const length = lengths[symbol] ?? 0;
    code *= 2 ** (length - before);
    before = length;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = node * 2 + ((code >>> bit) & 1);
      if (tree[at] === 0) tree[at] = nodes++;
      node = tree[at] as number;
    }
    tree[node * 2 + (code & 1)] = -symbol - 1;
    code++;
  }
  return tree;
}
