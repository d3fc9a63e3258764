import { type Html, html } from "./markup.ts";

/** The page's one style sheet. Colour has a meaning: client, in between, server, lost. It follows the reader's light or dark. */
export function style(): Html {
  return html`<style>
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --card: #ffffff; --ink: #1b1f24; --soft: #59626c; --faint: #8a939c; --rule: #e2e5e4; --wash: #f2f4f3;
  --client: #1f64b4; --client-wash: #e9f1fb; --middle: #7a4fb0; --middle-wash: #f2ecf9; --server: #0c7764; --server-wash: #e4f3ef;
  --lost: #c0272d; --lost-wash: #fbe9e8; --warn: #8f5d00; --warn-wash: #fbf1dc; --good: #2b7a35; --good-wash: #e8f4e8;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1a1e22; --ink: #e4e7e9; --soft: #a3acb4; --faint: #757f88; --rule: #2d3338; --wash: #20252a;
    --client: #74aef2; --client-wash: #17293e; --middle: #bb98ea; --middle-wash: #2a2138; --server: #55c5ab; --server-wash: #123029;
    --lost: #ff7b75; --lost-wash: #3a1d1d; --warn: #e5b454; --warn-wash: #352a13; --good: #7ccb86; --good-wash: #18301c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 3rem 2rem 4rem; max-width: 74rem; background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
.defs { position: absolute; }
h1, h2, h3, h4, p, ol, ul, dl, dd, figure, pre { margin: 0; padding: 0; font: inherit; }
ol, ul { list-style: none; }
a { color: inherit; text-decoration: underline; text-decoration-color: var(--faint); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--client); outline-offset: 2px; border-radius: 3px; }
time, .tuple, .time, .name, .numbers, .where, td, .track p, code { font-variant-numeric: tabular-nums; }

.verdict { padding-bottom: 2.5rem; border-bottom: 1px solid var(--rule); }
.badge { display: inline-block; padding: .2rem .75rem; border-radius: 999px; font-size: .8125rem; font-weight: 650; letter-spacing: .08em; }
.lost .badge { background: var(--lost); color: var(--card); }
.undecided .badge, .nothing-seen .badge { background: var(--warn-wash); color: var(--warn); }
.nothing-lost .badge { background: var(--good-wash); color: var(--good); }
h1 { margin-top: 1rem; font-size: clamp(1.375rem, 1rem + 1.6vw, 2.125rem); line-height: 1.25; font-weight: 620; letter-spacing: -.012em; text-wrap: balance; }
.ways { margin-top: 1.25rem; color: var(--soft); }

.incident { padding: 2.5rem 0 1rem; border-bottom: 1px solid var(--rule); }
h2 { font-size: .9375rem; font-weight: 600; color: var(--soft); }
.incident > h2 { font-family: var(--mono); font-size: .875rem; }
.lead { margin-top: .75rem; max-width: 46rem; font-size: 1.1875rem; line-height: 1.6; }
.lead p + p { margin-top: .75rem; }
h3 { font-size: 1.1875rem; font-weight: 620; letter-spacing: -.005em; }
h4 { margin-top: 1.5rem; font-size: .9375rem; font-weight: 620; }
.part { margin-top: 3.25rem; }
.part > h3 + *, .part > h2 + * { margin-top: .75rem; }
.aside, .key, .more { font-size: .875rem; color: var(--soft); max-width: 46rem; }
.more { margin-top: .75rem; }

.blame { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; align-items: center; margin-top: 2rem; }
.path { display: flex; flex-wrap: wrap; row-gap: .5rem; font-size: .9375rem; }
.path li { position: relative; padding: .3rem .9rem; border: 1px solid var(--rule); border-radius: 999px; background: var(--card); color: var(--soft); }
.path li + li { margin-left: 2rem; }
.path li + li::before { content: ""; position: absolute; right: calc(100% + 1px); top: 50%; width: 2rem; border-top: 1px solid var(--faint); }
.path .did { border-color: var(--lost); background: var(--lost-wash); color: var(--lost); font-weight: 600; }
.path b { margin-left: .5rem; font-weight: 600; }
.confidence { color: var(--soft); font-size: .9375rem; }
.confidence strong { color: var(--ink); font-weight: 620; margin-right: .35rem; }
.dots { margin-right: .6rem; white-space: nowrap; }
.dots i { display: inline-block; width: .5rem; height: .5rem; margin-right: .2rem; border-radius: 50%; border: 1px solid var(--ink); }
.dots .on { background: var(--ink); }

dl > div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 0 1.25rem; padding: .55rem 0; border-top: 1px solid var(--rule); }
dl > div:last-child { border-bottom: 1px solid var(--rule); }
dt { color: var(--soft); font-size: .875rem; line-height: 1.7; }
.facts { margin-top: 2rem; }
.facts, .not { font-size: .9375rem; }
dd li + li { margin-top: .3rem; }
.tuple { font-family: var(--mono); font-size: .875em; }
.where { display: inline-block; margin-left: .75rem; font-size: .8125rem; color: var(--soft); }
.not > div, .filters > div { grid-template-columns: 14rem minmax(0, 1fr); }
.not dt { font-family: var(--mono); font-size: .8125rem; }

.chip { display: inline-block; padding: 0 .5em; border-radius: .3em; font: 500 .8125rem/1.6 var(--mono); background: var(--wash); color: var(--soft); }
.chip.client { background: var(--client-wash); color: var(--client); }
.chip.middle { background: var(--middle-wash); color: var(--middle); }
.chip.server { background: var(--server-wash); color: var(--server); }
.inputs .chip.middle { background: var(--wash); color: var(--soft); }
.step { display: inline-block; min-width: 1.55em; padding: 0 .4em; border-radius: 999px; background: var(--wash); color: var(--ink); text-align: center; font: 600 .75rem/1.6 system-ui, sans-serif; text-decoration: none; font-variant-numeric: tabular-nums; }
a.step:hover { background: var(--ink); color: var(--paper); }
.steps { display: flex; flex-wrap: wrap; gap: .3rem; padding-top: .15rem; }

svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
.timeline { margin: 1.5rem 0 1rem; }
.timeline svg { display: block; overflow: visible; }
.axis text { font-size: 11px; fill: var(--faint); }
.lane { --tone: var(--middle); --tone-wash: var(--middle-wash); padding: 1rem 0 .25rem; border-top: 1px solid var(--rule); }
.lane.client { --tone: var(--client); --tone-wash: var(--client-wash); }
.lane.server { --tone: var(--server); --tone-wash: var(--server-wash); }
.lane header { font-size: .8125rem; color: var(--soft); margin-bottom: .5rem; }
.lane header span + span { margin-left: .35rem; }
.track { break-inside: avoid; }
.track p { font: .8125rem/1.6 var(--mono); }
.track p span { margin-left: .75rem; font-family: system-ui, sans-serif; color: var(--soft); }
.none { font-size: .8125rem; color: var(--faint); margin-bottom: .35rem; }
.tick { stroke: var(--rule); }
.extent { fill: var(--wash); }
.lane .extent { fill: var(--tone-wash); opacity: .6; }
.glyph .extent { stroke: var(--rule); }
.busy { fill: var(--tone); }
.silence { stroke: var(--tone, var(--soft)); stroke-width: 1.5; stroke-dasharray: 2 4; stroke-linecap: round; }
.silent { font-size: 10.5px; }
rect.lost { fill: url(#hatch); }
.hatch-ground { fill: var(--lost-wash); } .hatch-line { fill: var(--lost); }
.loss { stroke: var(--lost); stroke-width: 1.5; }
.mark path { fill: var(--card); stroke: var(--ink); stroke-width: 1.5; stroke-linejoin: round; }
.mark.rst path { fill: none; stroke: var(--lost); stroke-width: 2.25; stroke-linecap: round; paint-order: stroke; }
.mark.effect path { fill: var(--warn-wash); stroke: var(--warn); }
.lane.log { --tone: var(--soft); --tone-wash: var(--wash); }
.lane.log .chip, .effects .chip { background: var(--wash); color: var(--soft); }
.number rect { fill: var(--card); stroke: var(--faint); } .number text { font-size: 10.5px; font-weight: 600; fill: var(--ink); }
a.pill { text-decoration: none; }
a:hover .number rect { stroke: var(--ink); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-top: .75rem; }
.key > span { white-space: nowrap; }
.glyph { vertical-align: -2px; overflow: visible; }

.ladder { margin-top: 1.25rem; }
.rung { display: grid; grid-template-columns: 7.5rem minmax(0, 1.15fr) minmax(0, 1fr); column-gap: 1.25rem; break-inside: avoid; }
.rung:target .shows { box-shadow: -3px 0 0 var(--lost); padding-left: .75rem; }
.time { padding-top: .85rem; font: .8125rem/1.5 var(--mono); color: var(--soft); text-align: right; white-space: nowrap; }
.time .step { float: left; }
.lines { position: relative; min-height: 3.25rem; }
.lines > svg { position: absolute; inset: 0; height: calc(100% + 1px); overflow: visible; }
.shows { padding: .7rem 0 .9rem; font-size: .9375rem; line-height: 1.5; }
.numbers { margin-top: .25rem; font: .75rem/1.6 var(--mono); color: var(--soft); }
.numbers span { white-space: nowrap; } .numbers .chip { white-space: normal; }
.numbers span + span { margin-left: .35rem; }
.numbers .chip { font-size: .75rem; }
.life { stroke: var(--middle); stroke-width: 1.25; opacity: .45; }
.life.client { stroke: var(--client); } .life.server { stroke: var(--server); }
.arrow line { stroke: var(--ink); stroke-width: 1.5; } .arrow path { fill: var(--ink); }
.arrow text { font: 600 11.5px/1 var(--mono); fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }
.arrow.rst line { stroke: var(--lost); } .arrow.rst path, .arrow.rst text { fill: var(--lost); }
.eye { fill: var(--paper); stroke: var(--middle); stroke-width: 2.25; } .eye.client { stroke: var(--client); } .eye.server { stroke: var(--server); }
.heads { align-items: end; }
.heads .time { padding: 0 0 .25rem; }
.heads .lines { display: flex; min-height: 0; }
.head { flex: 1 1 0; min-width: 0; padding: 0 .25rem .35rem; text-align: center; line-height: 1.3; }
.head .title { display: block; font-size: .8125rem; font-weight: 620; }
.head .name { display: block; font: .6875rem/1.35 var(--mono); color: var(--soft); }
.head.client .title { color: var(--client); } .head.middle .title { color: var(--middle); } .head.server .title { color: var(--server); }
.pause .lines { min-height: 2.25rem; } .pause .life { stroke-dasharray: 2 5; }
.pause .shows { padding: .5rem 0; font-size: .8125rem; color: var(--faint); }

.effects li { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); column-gap: 1.25rem; padding: .5rem 0 .7rem; border-top: 1px solid var(--rule); font-size: .9375rem; break-inside: avoid; }
.effects .time { padding-top: .1rem; }
.effects strong { margin-right: .5rem; font: 600 .8125rem/1.5 var(--mono); color: var(--warn); }
.effects .because { white-space: normal; font-family: system-ui, sans-serif; }
.effects li:target { box-shadow: -3px 0 0 var(--warn); padding-left: .75rem; }

table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th { padding: .3rem .75rem .3rem 0; text-align: left; font-weight: 400; color: var(--faint); font-size: .75rem; border-bottom: 1px solid var(--rule); }
td { padding: .45rem .75rem .45rem 0; vertical-align: top; border-bottom: 1px solid var(--rule); }
.moment { margin-top: 1.5rem; break-inside: avoid; }
.moment h4 time { margin-left: .6rem; font-weight: 400; color: var(--soft); font-size: .875rem; }
.ends { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 2.5rem; margin-top: .5rem; }
.ends table { align-self: start; }
.ends td { font-family: var(--mono); font-size: .8125rem; }
.ends td:last-child { width: 38%; padding-right: 0; }
caption { text-align: left; font-size: .8125rem; font-weight: 620; padding: .25rem 0; }
.ends .client caption { color: var(--client); } .ends .server caption { color: var(--server); }
.ends em { font: italic .8125rem system-ui, sans-serif; color: var(--faint); }
.ends .chip { font-size: .6875rem; }
.gone td:not(:last-child) { text-decoration: line-through; color: var(--faint); }
.state { white-space: nowrap; }
.gone .state, .doubted .state { color: var(--lost); font-weight: 600; }
.empty td { font-family: inherit; color: var(--faint); }
.half-open { margin-top: .6rem; font-size: .875rem; color: var(--lost); }

.code { padding: .6rem .9rem; border: 1px solid var(--rule); border-radius: .5rem; background: var(--wash); font: .8125rem/1.6 var(--mono); white-space: pre-wrap; user-select: all; -webkit-user-select: all; cursor: copy; }
.part .code { margin-top: .5rem; }
.filters .code { margin-top: 0; padding: .2rem .7rem; }
.filters dt { padding-top: .2rem; }
.remedy { max-width: 46rem; padding: 1rem 1.25rem; border-left: 3px solid var(--good); background: var(--good-wash); border-radius: 0 .5rem .5rem 0; }
.part > p, h4 + p { max-width: 46rem; }
h4 + p { margin-top: .25rem; }
.files { margin-top: .75rem; font-size: .875rem; color: var(--soft); }
.files li { padding: .45rem 0; border-top: 1px solid var(--rule); }
.files li > span + span { margin-left: .35rem; }
.problem { color: var(--warn); }
footer { margin-top: 4rem; font-size: .8125rem; color: var(--faint); }

@media (max-width: 46rem) {
  body { padding: 1.5rem 1.125rem 3rem; }
  .lead { font-size: 1.0625rem; }
  dl > div, .not > div, .filters > div { grid-template-columns: minmax(0, 1fr); }
  .where { margin-left: 0; margin-right: .75rem; }
  .path li + li { margin-left: 1.1rem; } .path li + li::before { width: 1.1rem; }
  .rung { grid-template-columns: minmax(0, 1fr); padding-bottom: .5rem; }
  .time { padding-top: .6rem; text-align: left; } .time .step { float: none; margin-right: .4rem; }
  .heads .time { display: none; }
  .heads { position: sticky; top: 0; z-index: 1; padding: .5rem 0 0; background: var(--paper); border-bottom: 1px solid var(--rule); }
  .heads .shows, .pause .time { display: none; }
  .head .name { font-size: .625rem; }
  .lines { min-height: 2.5rem; }
  .shows { padding: .25rem 0 .75rem; }
  .pause { position: relative; } .pause .shows { position: absolute; left: 0; right: 0; text-align: center; }
  .pause .shows span { padding: 0 .5rem; background: var(--paper); }
  .alike td, .alike th { padding-right: .4rem; }
  .ends td:last-child { width: auto; }
}
@media print {
  :root { color-scheme: light; }
  html { font-size: 12.5px; }
  body { padding: 0; max-width: none; font-size: 1rem; background: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .part { margin-top: 2rem; } footer { margin-top: 1.5rem; }
  .rung { grid-template-columns: 6.75rem minmax(0, 1.55fr) minmax(0, 1fr); }
  .head .name { font-size: .5625rem; } .head .title { font-size: .75rem; } .arrow text { font-size: 10px; }
  .ends { grid-template-columns: 1fr 1fr; gap: 1rem 1.5rem; } .ends td { font-size: .6875rem; }
  h2, h3, h4, .heads, .aside { break-after: avoid; }
  .lane, .code, .remedy, .aside, dl > div, tr { break-inside: avoid; }
  p { orphans: 3; widows: 3; }
  a { text-decoration: none; }
}
@page { margin: 16mm 14mm; }
</style>`;
}
