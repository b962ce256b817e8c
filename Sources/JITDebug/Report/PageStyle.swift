// The page's style sheet: plain, for light and dark rooms, for paper, and for screens from a phone's width on.

extension ReportPage {
  /// Nothing here comes from the report's content. Colours of text have a contrast of at least 4.5 to their background.
  static let style: HTML = """
    :root {
      color-scheme: light dark;
      --ground: #ffffff; --panel: #f5f6f8; --line: #d8dce2; --text: #1c2024; --soft: #59636e; --link: #0a58b8;
      --error: #b3261e; --warning: #855600; --note: #40566b; --good: #1a6e3c;
      --controller: #8a94a0; --compiler: #3b76c4; --linker: #8458b3; --target: #2e8b57;
      --linked: #d9480f; --program: #3b76c4; --library: #7f9cc0; --file: #a9b4c0; --heap: #2e8b57; --stack: #12908e;
      --anonymous: #c3cad2; --kernel: #8a94a0; --code: #d9480f; --data: #e8a33d; --function: #8458b3;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #15181c; --panel: #1e2227; --line: #353c44; --text: #e4e7eb; --soft: #a2acb8; --link: #7db4f5;
        --error: #ff8a80; --warning: #f0b95a; --note: #a9c1d9; --good: #7bd197;
        --controller: #7b8692; --compiler: #5b97e3; --linker: #a57bd6; --target: #45a873;
        --linked: #f27a3d; --program: #5b97e3; --library: #5f7ea3; --file: #6a7683; --heap: #45a873; --stack: #33a9a6;
        --anonymous: #4a535d; --kernel: #7b8692; --code: #f27a3d; --data: #c98b2e; --function: #a57bd6;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 68rem; background: var(--ground); color: var(--text);
      font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
    }
    h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; font-weight: 650; }
    h2 { margin: 0 0 .9rem; font-size: 1.25rem; line-height: 1.3; }
    h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; }
    p, ul, ol, dl, figure { margin: 0 0 .9rem; }
    a { color: var(--link); }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    code, .axis, .duration, .ends, .where { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .86em; }
    small, figcaption span, footer, .where span { color: var(--soft); }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .kicker { margin: 0 0 .2rem; color: var(--soft); letter-spacing: .02em; }
    .state { margin: .4rem 0 1.2rem; font-size: 1.1rem; }
    .state.error { color: var(--error); } .state.warning { color: var(--warning); } .state.good { color: var(--good); }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: .55rem 2rem; }
    .facts div { min-width: 0; }
    .facts dt { color: var(--soft); font-size: .85rem; }
    .facts dd { margin: 0; }
    .summary, .legend { display: flex; flex-wrap: wrap; gap: .35rem .6rem; padding: 0; list-style: none; }
    .summary li { padding: .1rem .7rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .9rem; }
    .summary a { color: inherit; text-decoration: none; }
    .summary a:hover { text-decoration: underline; }
    .error, .summary .error { color: var(--error); } .warning { color: var(--warning); }
    .note { color: var(--note); } .good { color: var(--good); }
    .summary .error, .summary .warning, .summary .good { border-color: currentColor; }
    .label { padding: 0 .4rem; border: 1px solid currentColor; border-radius: .25rem; font-size: .8rem; font-weight: 500; }
    nav { margin: 1.6rem 0 0; padding: .6rem 0; border-block: 1px solid var(--line); }
    nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 0; padding: 0; list-style: none; }
    nav a { display: inline-block; padding: .15rem 0; text-decoration: none; }
    nav a:hover { text-decoration: underline; }
    section { padding-top: 2rem; }
    footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .9rem; }
    .scroll { max-width: 100%; margin: 0 0 1rem; overflow-x: auto; }
    table { width: 100%; border-collapse: collapse; font-size: .92rem; }
    th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
    th:last-child, td:last-child { padding-right: 0; }
    thead th { color: var(--soft); font-weight: 500; font-size: .85rem; white-space: nowrap; }
    tbody th { font-weight: 400; min-width: 9rem; }
    th, td { overflow-wrap: break-word; }
    tbody th code, td:last-child { overflow-wrap: anywhere; }
    td:last-child { min-width: 5rem; }
    details { margin: 0 0 .6rem; }
    summary { cursor: pointer; }
    details[open] > summary { margin-bottom: .5rem; }
    .entry { padding: .55rem .9rem; border: 1px solid var(--line); border-radius: .4rem; }
    .entry > summary span { color: var(--soft); }
    .entry > summary .label.error { color: var(--error); } .entry > summary .label.warning { color: var(--warning); }
    .finding { margin: 0 0 1rem; padding: .1rem 0 .1rem 1rem; border-left: 3px solid currentColor; }
    .finding > * { color: var(--text); }
    .finding h3 { margin: 0 0 .2rem; } .finding h3 code { color: var(--soft); font-weight: 400; }
    .finding p { margin-bottom: .4rem; } .finding ul { margin-bottom: .4rem; padding-left: 1.1rem; }
    .finding .label.error { color: var(--error); } .finding .label.warning { color: var(--warning); }
    .finding .label.note { color: var(--note); }
    .plain { padding: 0; list-style: none; }
    svg { display: block; }
    .bar { width: 100%; }
    .bar rect { stroke: var(--ground); stroke-width: .5; }
    .swatch { display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem; border-radius: .15rem; vertical-align: -.08rem; }
    .legend { color: var(--soft); font-size: .9rem; gap: .2rem 1.1rem; }
    .controller { background: var(--controller); fill: var(--controller); }
    .compiler { background: var(--compiler); fill: var(--compiler); }
    .linker { background: var(--linker); fill: var(--linker); }
    .target { background: var(--target); fill: var(--target); }
    .linked { background: var(--linked); fill: var(--linked); } .program { background: var(--program); fill: var(--program); }
    .library { background: var(--library); fill: var(--library); } .file { background: var(--file); fill: var(--file); }
    .heap { background: var(--heap); fill: var(--heap); } .stack { background: var(--stack); fill: var(--stack); }
    .anonymous { background: var(--anonymous); fill: var(--anonymous); }
    .kernel { background: var(--kernel); fill: var(--kernel); }
    .code { background: var(--code); fill: var(--code); } .data { background: var(--data); fill: var(--data); }
    .function { background: var(--function); fill: var(--function); }
    .mark { fill: var(--linked); }
    .memory rect { opacity: .6; } .memory rect.exec, .memory rect.mark { opacity: 1; } .memory rect.guard { opacity: .2; }
    .timeline ol, .memory { margin: 0; padding: 0; list-style: none; }
    .timeline li, .timeline .axis { display: grid; grid-template-columns: 17rem 1fr 5.5rem; gap: 0 1rem; align-items: center; }
    .timeline li { padding: .16rem 0; }
    .timeline li:nth-child(odd) { background: var(--panel); }
    .timeline .axis .bar { grid-column: 2; overflow: visible; }
    .timeline .axis text { fill: var(--soft); font-size: .75rem; }
    .timeline .name { overflow: hidden; padding-left: .4rem; text-overflow: ellipsis; white-space: nowrap; }
    .timeline .duration { grid-column: 3; grid-row: 1; padding-right: .4rem; text-align: right; white-space: nowrap; }
    .timeline li .bar { grid-column: 2; grid-row: 1; }
    .timeline line { stroke: var(--line); stroke-width: 1; }
    .timeline .cut { fill: var(--panel); } .timeline li:nth-child(even) .cut { fill: var(--ground); }
    .image { padding: 0 0 .4rem; }
    .image h3 { display: inline; }
    .image .bar { margin-top: .3rem; background: var(--panel); }
    .ends { display: flex; justify-content: space-between; gap: 1rem; margin: .1rem 0 .3rem; color: var(--soft); }
    .ends code { font-size: .85em; }
    .memory .where { display: flex; justify-content: space-between; gap: 1rem; margin: 0 0 .15rem; }
    .memory .bar { margin-bottom: .25rem; background: var(--panel); }
    .memory > li { margin-bottom: .4rem; }
    .memory .gap { margin: 0 0 .4rem; padding-left: .8rem; border-left: 2px dotted var(--line); color: var(--soft); font-size: .85rem; }
    @media (max-width: 46rem) {
      body { padding: 1.25rem 1rem 2rem; }
      h1 { font-size: 1.5rem; }
      .scroll { overflow-x: visible; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      table, tbody { display: block; }
      tr { display: flex; flex-wrap: wrap; gap: 0 1.1rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
      tbody th { flex-basis: 100%; }
      th, td { min-width: 0; padding: 0; border: 0; overflow-wrap: anywhere; }
      td:last-child { min-width: 0; }
      td:not(:empty)::before { content: attr(data-title) " "; color: var(--soft); font-size: .85rem; }
      .timeline li { grid-template-columns: 1fr auto; }
      .timeline .axis { display: block; }
      .timeline li .bar { grid-column: 1 / -1; grid-row: 2; }
      .timeline .duration { grid-column: 2; }
    }
    @media print {
      nav { display: none; }
      body { max-width: none; padding: 0; }
    }

    """
}
