import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian, Ubuntu and Google put it. */
export const PLACES: readonly string[] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const CHROMIUM: string = PLACES.find((place) => existsSync(place)) ?? "chromium";
/** Keeps the browser from talking to anybody on its own account. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const launch = async (): Promise<Browser> => await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** What a page asked for, what was answered, and what it complained of. */
export interface Seen {
  readonly requests: string[];
  readonly answered: string[];
  readonly complaints: string[];
}

/** Opens a page from disk without a network, hands it over, and says what it asked for and complained of. */
export async function openPage(
  browser: Browser,
  file: string,
  use: (page: Page) => Promise<void>,
  more: { readonly width?: number; readonly colorScheme?: "light" | "dark" } = {},
): Promise<Seen> {
  const context = await browser.newContext({
    viewport: { width: more.width ?? 1280, height: 900 },
    colorScheme: more.colorScheme ?? "light",
    offline: true,
  });
  const seen: Seen = { requests: [], answered: [], complaints: [] };
  context.on("requestfinished", (request) => seen.answered.push(request.url()));
  context.on("request", (request) => seen.requests.push(request.url()));
  context.on("console", (message) => seen.complaints.push(message.text()));
  context.on("weberror", (error) => seen.complaints.push(String(error.error())));
  context.on("dialog", (dialog) => {
    seen.complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  try {
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    await use(page);
  } finally {
    await context.close();
  }
  return seen;
}
