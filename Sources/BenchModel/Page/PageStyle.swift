/// Colours tell tools apart for every kind of sight (blue and orange); no text depends on them alone.
let pageStyle = """
  :root{color-scheme:light dark;--bg:#fff;--ink:#17191c;--soft:#575e66;--axis:#8b939b;--grid:#e6e9ec;--fill:#f4f6f8;\
  --migrate:#0063a6;--virsh:#c05600;--other:#656c74;--bad:#b3201a;--badfill:#fdebe9;--good:#17682f;--goodfill:#e6f4ea;\
  --beat:#7d8790}
  @media screen and (prefers-color-scheme:dark){:root{--bg:#131619;--ink:#e7e9eb;--soft:#a6adb4;--axis:#6d757d;\
  --grid:#2a2f35;--fill:#1b1f23;--migrate:#5cb2f2;--virsh:#f4a340;--other:#a0a8b0;--bad:#ff8b80;--badfill:#3b1b19;\
  --good:#7fd498;--goodfill:#173222;--beat:#89929b}}
  *{box-sizing:border-box}
  body{margin:0 auto;max-width:1320px;padding:14px 18px 40px;background:var(--bg);color:var(--ink);\
  font:14px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
  h1{font-size:22px;margin:6px 0 10px}h2{font-size:17px;margin:30px 0 6px;padding-top:8px;border-top:1px solid var(--grid)}
  h3{font-size:14px;margin:16px 0 4px}details h3{font-size:13px;font-weight:500}p{margin:6px 0}
  .verdict{font-size:15px;padding:2px 9px;border-radius:4px;vertical-align:2px;white-space:nowrap}
  .good{color:var(--good);background:var(--goodfill)}.bad{color:var(--bad);background:var(--badfill)}
  .problems{border:3px solid var(--bad);border-radius:6px;background:var(--badfill);padding:10px 14px;margin:10px 0;\
  font-size:15px}
  .problems strong{color:var(--bad)}.problems ul{margin:6px 0 0;padding-left:20px;max-height:22em;overflow:auto}
  .env{color:var(--soft);font-size:13px}.env span{display:inline-block;margin-right:16px}\
  .env b{color:var(--ink);font-weight:600}
  .reading{max-width:88ch}.note{color:var(--soft);font-size:13px;max-width:100ch}
  dl{margin:6px 0}dt{font-weight:600}dd{margin:0 0 4px 16px;color:var(--soft)}
  .scroll{overflow-x:auto;margin:6px 0}
  table{border-collapse:collapse;font-size:12.5px;white-space:nowrap}
  th,td{padding:3px 7px;text-align:right;border-bottom:1px solid var(--grid)}
  thead th{white-space:normal;overflow-wrap:normal;font-weight:600;color:var(--soft);vertical-align:bottom;border-bottom-color:var(--axis)}
  thead .group{text-align:left;border-bottom:0;color:var(--ink)}
  th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--bg)}
  tbody th{font-weight:400}tbody tr:nth-child(even)>*{background:var(--fill)}
  .edge{border-left:1px solid var(--axis)}.headline{font-weight:700}.long{white-space:normal;text-align:left}
  .tool{font-weight:600}.tool.migrate{color:var(--migrate)}.tool.virsh{color:var(--virsh)}.tool.other{color:var(--other)}
  details{margin:6px 0}summary{cursor:pointer;padding:2px 0}details>div,details>ul{margin-left:4px}
  svg{display:block;width:100%;min-width:860px;height:auto}
  svg text{font-size:11px;fill:var(--soft)}svg text.title{fill:var(--ink)}svg text.strong{fill:var(--ink);font-weight:600}
  svg text.migrate{fill:var(--migrate)}svg text.virsh{fill:var(--virsh)}svg text.other{fill:var(--other)}\
  svg text.gap{fill:var(--bad);font-weight:600}
  path{fill:none;stroke:var(--ink)}.grid{stroke:var(--grid)}.axis{stroke:var(--axis)}.end{stroke:var(--axis);\
  stroke-dasharray:3 3}.one{stroke:var(--ink);stroke-width:1.2}
  .dots{stroke-width:5;stroke-linecap:round;opacity:.7}.mark{stroke-width:2.4}.bar{stroke-width:4;opacity:.9}.square{stroke-width:9}
  path.migrate{stroke:var(--migrate)}path.virsh{stroke:var(--virsh)}path.other{stroke:var(--other)}path.bad{stroke:var(--bad)}
  .area{stroke:none;fill:var(--beat)}.area.gap{fill:var(--bad)}.band{stroke:none;fill:var(--bad);opacity:.14}
  .allowed{fill:var(--good);opacity:.13}.lane{fill:var(--fill)}.curve{stroke-width:1.4}
  @media(max-width:600px){body{padding:8px 10px 30px;font-size:13.5px}}
  @media print{@page{size:landscape;margin:10mm}body{max-width:none;padding:0;font-size:9pt}table{font-size:6.6pt}\
  th,td{padding:1px 3px}.scroll{overflow:visible}svg{min-width:0;break-inside:avoid}h2,h3{break-after:avoid}.problems ul{max-height:none}}
  """
