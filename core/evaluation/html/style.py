"""The page's style sheet: light and dark, no fonts or files from elsewhere."""

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf8; --ink: #1d2126; --soft: #626a73; --rule: #dedad3; --panel: #fff;
  --good: #2f8f83; --bad: #d0692b; --limit: #b3261e;
  --n0: #a9b4c0; --n1: #6fa3d8; --n2: #2f6fb3; --n3: #123a6b; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e6e4df; --soft: #9aa2ab; --rule: #343a41;
  --panel: #1c2025; --good: #58bfb1; --bad: #ef9a5f; --limit: #ff8a80;
  --n0: #5c6773; --n1: #4c7fb5; --n2: #7db1e8; --n3: #d3e6fb; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 8px; }
h3 { font-size: 15px; margin: 22px 0 6px; } p { max-width: 78ch; margin: 6px 0; }
.soft, figcaption, .legend { color: var(--soft); }
.warning { border-left: 3px solid var(--bad); padding: 4px 12px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 8px 0; font-size: 14px; }
th, td { padding: 3px 12px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th[scope=row], th[scope=col]:first-child { text-align: left; padding-left: 0; font-weight: 500; }
thead th { color: var(--soft); font-weight: 500; } .group { text-align: center; border-bottom: 0; }
thead td { border-bottom: 0; } section.product > h2 { margin-top: 14px; }
tr.mean > * { font-weight: 650; border-top: 2px solid var(--rule); }
.settings td { text-align: left; white-space: normal; word-break: break-word; }
section.product { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 4px 18px 16px;
  margin: 14px 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 10px 18px; }
svg { width: 100%; height: auto; max-width: 330px; }
svg text { fill: var(--soft); font-size: 10.5px; } svg .chart-title { fill: var(--ink); font-size: 12.5px; font-weight: 600; }
svg .grid { stroke: var(--rule); stroke-width: .7; } svg .axis { stroke: var(--soft); stroke-width: .8; }
svg .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg .n0 { stroke: var(--n0); } svg .n1 { stroke: var(--n1); } svg .n2 { stroke: var(--n2); } svg .n3 { stroke: var(--n3); }
svg .good { fill: var(--good); } svg .bad { fill: var(--bad); }
svg .good-name { fill: var(--good); } svg .bad-name { fill: var(--bad); }
svg .limit { stroke: var(--limit); stroke-width: 1.2; stroke-dasharray: 3 2; } svg .limit-name { fill: var(--limit); }
.legend { display: flex; gap: 16px; font-size: 13px; } .key { display: inline-block; width: 18px; height: 3px;
  vertical-align: middle; margin-right: 6px; } .key.n0 { background: var(--n0); } .key.n1 { background: var(--n1); }
.key.n2 { background: var(--n2); } .key.n3 { background: var(--n3); }
.pictures { display: flex; flex-wrap: wrap; gap: 14px; } figure { margin: 0; max-width: 412px; }
figure > div { display: flex; gap: 4px; } figure img { display: block; max-width: 100%; height: auto; min-width: 0; }
figcaption { font-size: 12.5px; padding-top: 3px; word-break: break-word; }
figure.wrong > div { outline: 2px solid var(--limit); outline-offset: 2px; }
details { margin: 10px 0; } summary { cursor: pointer; color: var(--soft); }
pre { overflow-x: auto; font-size: 12.5px; background: var(--panel); border: 1px solid var(--rule); padding: 10px; }
"""
