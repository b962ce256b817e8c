"""What was measured as a table, as JSON, as a plot, and as the part of README that holds the results."""

import dataclasses
import json
import math
import statistics

FORMS = {"ms": "{:,.0f}", "s": "{:,.2f}", "bytes": "{:,.0f}", "KB": "{:,.0f}", "round trips": "{:,.0f}", "stops": "{:,.0f}"}


@dataclasses.dataclass
class Series:
    """One side of a row: the values of its runs that were correct, and what went wrong in the others."""

    name: str
    values: list = dataclasses.field(default_factory=list)
    runs: int = 0
    hits: int = 0
    wanted: int = 0
    failures: list = dataclasses.field(default_factory=list)

    @property
    def correct(self):
        return f"{self.hits} of {self.wanted}"


@dataclasses.dataclass
class Row:
    name: str
    title: str
    unit: str
    ours: Series
    peer: Series

    # Ours by the peer's, pair by pair: below 1 is better.
    ratios: list

    def cells(self):
        def median(series):
            if not series.values:
                return "failed"
            middle = statistics.median(series.values)
            # One digit more where whole numbers would hide half of it.
            form = "{:,.1f}" if self.unit == "ms" and middle < 10 else FORMS[self.unit]
            return form.format(middle)

        ratios = self.ratios
        ratio = f"{statistics.median(ratios):.3g}" if ratios else "–"
        spread = f"{min(ratios):.3g}–{max(ratios):.3g}" if ratios else "–"
        return [self.title, self.unit, median(self.ours), self.peer.name, median(self.peer), ratio, spread, self.ours.correct,
                self.peer.correct]


HEADINGS = ["measured", "unit", "jitdebug", "peer", "its figure", "ratio", "spread", "correct", "peer's"]


class Table:
    """Prints each row as soon as it is there; so widths are fixed."""

    WIDTHS = [58, 11, 10, 34, 10, 7, 12, 9, 9]

    def line(self, cells):
        left = {0, 1, 3}
        return "  ".join(c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, self.WIDTHS))).rstrip()

    def heading(self):
        print(self.line(HEADINGS) + "\n" + "-" * (sum(self.WIDTHS) + 2 * len(self.WIDTHS) - 2), flush=True)

    def row(self, row):
        print(self.line(row.cells()), flush=True)
        for side in (row.ours, row.peer):
            for failure in side.failures[:1]:
                print(f"    {side.name}: {len(side.failures)} of {side.runs} runs failed: {failure}"[:160], flush=True)


def document(rows, machine):
    def series(s):
        return {"name": s.name, "values": s.values, "runs": s.runs, "correct": s.hits, "of": s.wanted, "failures": s.failures}

    return json.dumps(
        {"schemaVersion": 1, **machine,
         "rows": [{"name": r.name, "title": r.title, "unit": r.unit, "ours": series(r.ours), "peer": series(r.peer),
                   "ratio": statistics.median(r.ratios) if r.ratios else None,
                   "spread": [min(r.ratios), max(r.ratios)] if r.ratios else None} for r in rows]}, indent=1)


def markdown(rows, machine):
    lines = [f"Measured on {machine['date']} by `Scripts/bench` on {machine['machine']}; medians, and the ratio jitdebug : peer pair by"
             " pair (below 1 is better) with its lowest and highest value.", "",
             "| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines)


BEGIN, END = "<!-- Scripts/bench --readme writes this part -->", "<!-- to here -->"


def write_readme(path, rows, machine):
    text = path.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or END not in rest:
        raise SystemExit(f"error: bench: {path} lacks the lines between which results stand\nnote: they are {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{markdown(rows, machine)}\n{END}{after}")


# ---- the plot: cost against the number of objects, both axes logarithmic

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]  # Okabe and Ito's, told apart by everybody
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 900, 520, 80, 50, 290, 60


def plot(lines, title):
    """An SVG picture of `lines`: a name and its points (objects, milliseconds) each."""
    lines = {name: points for name, points in lines.items() if points}
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    if not xs:
        return ""
    low_x, high_x = math.log10(min(xs)), max(math.log10(max(xs)), math.log10(min(xs)) + 1)
    low_y, high_y = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def place(x, y):
        return (LEFT + (math.log10(x) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (math.log10(y) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="28" font-size="16">{title}</text>']
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for x in sorted(set(xs)):
        at, _ = place(x, 10**low_y)
        out.append(f'<path d="M{at:.1f} {TOP}V{bottom}" stroke="#ddd"/><text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle">{x:,}</text>')
    for power in range(low_y, high_y + 1):
        _, at = place(min(xs), 10**power)
        label = f"{10**power:,} ms" if power < 3 else f"{10**(power - 3):,} s"
        out.append(f'<path d="M{LEFT} {at:.1f}H{right}" stroke="#ddd"/><text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    out.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 14}" text-anchor="middle">objects</text>')
    for (name, points), colour in zip(lines.items(), COLOURS * 3):
        path = " ".join(("M" if i == 0 else "L") + "{:.1f} {:.1f}".format(*place(*point)) for i, point in enumerate(points))
        dashes = ' stroke-dasharray="6 4"' if not name.startswith("jitdebug") else ""
        out.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        for point in points:
            at = place(*point)
            out.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.5" fill="{colour}"/>')
    # Names beside the ends of the lines, moved apart where they would meet.
    labels = sorted((place(*points[-1])[1], name, colour) for (name, points), colour in zip(lines.items(), COLOURS * 3))
    last = -100
    for at, name, colour in labels:
        last = max(at, last + 17)
        out.append(f'<text x="{right + 10}" y="{last + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join(out) + "\n</svg>\n"
