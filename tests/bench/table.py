#!/usr/bin/env python3
"""The figures of a run as a table: table.py FIGURES.jsonl"""
import json
import sys


def shown(value, unit):
    if value is None:
        return "none"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
    return f"{text} {unit}".strip()


def main():
    lines = [json.loads(line) for line in open(sys.argv[1])]
    rows, peers = {}, {}
    for line in lines:
        key = (line.get("size", ""), line["figure"])
        (rows if line["who"] == "driftwarden" else peers)[key] = line
    for key in peers:
        rows.setdefault(key, None)
    table = [("what", "size", "driftwarden", "goal", "met", "floor p50/p99", "peer")]
    for (size, figure), line in rows.items():
        peer = peers.get((size, figure))
        goal = line.get("goal", "") if line else ""
        floor = (line or {}).get("floor_ms") or {}
        table.append((figure, size, shown(line["value"], line["unit"]) if line else "", goal, "" if not goal else "yes" if line["met"] else "NO",
                      f"{floor['p50']} / {floor['p99']} ms" if floor.get("p50") else "", f"{shown(peer['value'], peer['unit'])} ({peer['who']})" if peer else ""))
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for number, row in enumerate(table):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


main()
