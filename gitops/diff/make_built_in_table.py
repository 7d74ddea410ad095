#!/usr/bin/env python3
"""Writes built_in_table.cpp from OpenAPI v3 documents: make_built_in_table.py DIR > built_in_table.cpp

Only what comparing needs is kept: list types and keys, atomic maps, free-key maps, formats, telling defaults. schema_table.cpp reads the lines:
  > api_version Kind definition          a kind
  definition field:type ...              a struct
types: q quantity, i int-or-string, t time, y bytes, . plain, @N struct N, *T atomic list, %T set, #k,k(T) keyed list, +T map of free keys, !T atomic, T=json default
"""
import json, os, sys

REF = "#/components/schemas/"
FORMATS = {"Quantity": "q", "IntOrString": "i", "Time": "t", "MicroTime": "t"}
SKIP = ("argoproj", "bitnami", "cert-manager", "example", "external-secrets", "authentication", "authorization", "certificates", "events", "resource.k8s")


def telling(value):
    return value not in (None, "", 0, False) and value != {} and value != []


class Table:
    def __init__(self):
        self.numbers, self.lines, self.kinds, self.schemas = {}, {}, [], {}

    def definition(self, name):
        if name not in self.numbers:
            self.numbers[name] = number = len(self.numbers)
            self.lines[number] = ""
            fields = []
            for field, schema in sorted(self.schemas[name].get("properties", {}).items()):
                if field in ("metadata", "status", "apiVersion", "kind") and "x-kubernetes-group-version-kind" in self.schemas[name]:
                    continue
                text = self.type(schema)
                if text != ".":
                    fields.append(field + ":" + text)
            self.lines[number] = " ".join(fields)
        return self.numbers[name]

    def type(self, schema):
        ref = schema.get("$ref") or (schema["allOf"][0].get("$ref") if len(schema.get("allOf", [])) == 1 else None)
        default = "=" + json.dumps(schema["default"]) if telling(schema.get("default")) else ""
        atomic = "!" if schema.get("x-kubernetes-map-type") == "atomic" else ""
        if ref:
            name = ref[len(REF):]
            short = name.rsplit(".", 1)[1]
            if short in FORMATS:
                return FORMATS[short] + default
            target = self.schemas[name]
            if "properties" not in target:
                return self.type(target)
            number = self.definition(name)
            if target.get("x-kubernetes-map-type") == "atomic":
                atomic = "!"
            return (atomic + "@%d" % number) if self.lines[number] or atomic else "."
        if "items" in schema:
            item, kind = self.type(schema["items"]), schema.get("x-kubernetes-list-type")
            if kind == "map":
                keys = []
                target = schema["items"]
                inner = target.get("$ref") or target["allOf"][0]["$ref"]
                props = self.schemas[inner[len(REF):]]["properties"]
                for key in sorted(schema["x-kubernetes-list-map-keys"]):
                    value = props[key].get("default")
                    keys.append(key + ("=" + json.dumps(value) if telling(value) else ""))
                return "#%s(%s)" % (",".join(keys), item)
            return "%s%s" % ("%" if kind == "set" else "*", item)
        if isinstance(schema.get("additionalProperties"), dict):
            return atomic + "+" + self.type(schema["additionalProperties"])
        if schema.get("format") == "byte":
            return "y"
        return "." + default

    def run(self, directory):
        documents = []
        for name in sorted(os.listdir(directory)):
            if not any(skip in name for skip in SKIP):
                documents.append(json.load(open(os.path.join(directory, name)))["components"]["schemas"])
                self.schemas.update(documents[-1])
        for name in sorted(self.schemas):
            kinds = self.schemas[name].get("x-kubernetes-group-version-kind", [])
            if len(kinds) != 1 or "metadata" not in self.schemas[name].get("properties", {}) or kinds[0]["kind"].endswith("List"):
                continue
            number = self.definition(name)
            kind = kinds[0]
            self.kinds.append("> %s %s %d" % ("/".join(x for x in (kind["group"], kind["version"]) if x), kind["kind"], number))
        lines = self.kinds + ["%d %s" % (number, text) for number, text in sorted(self.lines.items()) if text]
        print("// Written by make_built_in_table.py from a 1.36 API server's OpenAPI documents; don't edit.")
        print('#include "gitops/diff/schema_table.hpp"\n\nnamespace driftwarden {\n\nconst char* const kBuiltInTable =')
        for line in lines:
            text = line
            while len(text) > 130:
                cut = text.rfind(" ", 0, 130)
                cut = 130 if cut < 1 else cut
                print('    R"~(%s)~"' % text[:cut])
                text = text[cut:]
            print('    R"~(%s)~" "\\n"' % text)
        print("    ;\n\n}  // namespace driftwarden")


Table().run(sys.argv[1])
