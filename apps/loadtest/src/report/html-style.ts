/** The style of the HTML report, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --soft: #5b6570; --rule: #dfe3e8; --card: #f6f7f9;
  --a: #1f6feb; --b: #d1622b; --c: #1a8a4a; --d: #8e4fc4; --good: #1a7f37; --bad: #c62828; --heat: 31, 111, 235; }
@media (prefers-color-scheme: dark) { :root { --back: #12161b; --text: #e4e8ec; --soft: #98a3ad; --rule: #2c333b;
  --card: #1a2027; --a: #6ba4ff; --b: #f0935c; --c: #4fc27f; --d: #c193ec; --good: #58c878; --bad: #ff7b72; --heat: 107, 164, 255; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 840px; padding: 24px; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; }
p { margin: 4px 0; } .soft, .none, .tick { color: var(--soft); } .none { font-style: italic; }
.state { display: inline-block; padding: 1px 10px; border-radius: 12px; color: var(--back); background: var(--bad); font-size: 15px; }
.state.pass { background: var(--good); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 8px; margin: 16px 0; }
.card { background: var(--card); border-radius: 8px; padding: 10px 12px; } .card b { display: block; font-size: 20px; }
.card span { color: var(--soft); font-size: 13px; } .card.bad b { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
th, td { padding: 3px 8px; border-bottom: 1px solid var(--rule); text-align: right; font-weight: normal; }
th:first-child { text-align: left; } thead th { color: var(--soft); } td.number { white-space: nowrap; }
tr.knee td, tr.knee th { font-weight: bold; } .bad { color: var(--bad); } .good { color: var(--good); }
figure { margin: 12px 0; } figcaption { color: var(--soft); margin-bottom: 4px; }
svg { width: 100%; height: auto; display: block; } .grid { stroke: var(--rule); } .tick { font-size: 11px; fill: var(--soft); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.mark { stroke: var(--bad); stroke-dasharray: 4 3; } .marked { fill: var(--bad); font-size: 12px; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); } .line.c { stroke: var(--c); } .line.d { stroke: var(--d); }
.key { margin-left: 12px; } .key::before { content: ""; display: inline-block; width: 14px; height: 3px; margin-right: 5px; vertical-align: middle; }
.key.a::before { background: var(--a); } .key.b::before { background: var(--b); } .key.c::before { background: var(--c); } .key.d::before { background: var(--d); }
.bars td.bar { width: 60%; } .bars .bar span { display: block; height: 12px; min-width: 1px; border-radius: 3px; background: var(--a); }
.matrix td { background: rgba(var(--heat), calc(var(--part) * .45)); } .matrix small { display: block; color: var(--soft); }
`;
