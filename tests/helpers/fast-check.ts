import fc from "fast-check";

/*
 * An array with a `maxLength` is to be drawn up to that length. By default fast-check draws ten items at most, whatever is said (measured on 4.10.2:
 * a median of 5 for `maxLength: 1500`), and what needs a longer story is never met.
 */
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

export * from "fast-check";
export { fc };
