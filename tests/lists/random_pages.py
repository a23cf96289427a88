"""Pages of content as raw JSON, made by chance: usual and odd values, in usual and odd spellings."""

import json

NUMBERS = [
    *(
        "0",
        "-0",
        "-0.0",
        "1",
        "1.0",
        "1e2",
        "1E+2",
        "1.5",
        "9007199254740993",
        "9007199254740993.0",
    ),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809"),
    *("123456789012345678901234567890", "1e20", "1e300", "1e-400", "5e-324"),
]
#: What is not JSON, or not a number that a double can hold.
DAMAGED = ["1e999", "01", "+1", "NaN", "'x'", '"\x01"', '"\\x"', '"\\u12"', "", "tru", "\ufeff1"]
TEXTS = [
    *('""', '"a"', '"a,b"', '"%2C"', '"/x"', '"//x/"', '"ü 🦆"', '"\\u00fc"', '"\\ud83e\\udd86"'),
    *('"\\/\\b\\f\\n\\r\\t\\"\\\\"', '"\\u0000"', '"\u2028"', '"true"', '"null"', '"1"'),
]
LONE_SURROGATES = ['"\\ud83d"', '"\\udd86x"']
TIMES = [
    f'"{text}"'
    for text in (
        *(
            "2026-03-01T12:00:00Z",
            "2026-03-01T12:00:00.123+02:00",
            "2026-03-01 12:00",
            "2026-03-01",
        ),
        *("2026-03-01T12:00:00.123456789Z", "20260301T120000Z", "0001-01-01T00:00:00Z", "soon", ""),
        *("9999-12-31T23:59:59-10:00", "2026-W09-7", "2026-03-01T24:00:00Z", "10000", "2026-3-1"),
    )
] + ["1700000000000", "0", "1.5", "null"]
LABELS = [
    *("[]", "null", '["a"]', '["a","b, c"]', '[{"name":"a","verified":true}]', '[{"name":"e"}]'),
    *('[{"name":"a","verified":false},{"name":"%2C","verified":true}]', '["a",{"name":"b"}]'),
    *('[{"name":"a","verified":null}]', '[{"verified":true}]', '[{"name":1}]', "[null]", '"a"'),
    *('[{"id":"l1","name":"a","verified":1}]', '[["name","a"]]', '{"name":"a"}', '[{"name":null}]'),
    *('[{"name":"a","name":"b","verified":true}]', "[[]]", "[1]"),
]


class RandomPages:
    """Writes pages. With the same generator in the same state they are the same."""

    def __init__(self, random):
        self.random = random
        # Most lists have some oddities, few have all.
        self.odd = random.choice([0, 0, 0.02, 0.2])
        self.spelled = random.choice([0, 0, 0.1])
        names = ["pinned", "a.b", "owner.id", "of", "__init__", "f0", "ä", ""]
        self.new = random.sample(names + ['q"', "\n"] * (random.random() < 0.1), 3)
        self.number = 0

    def chance(self, of):
        return self.random.random() < of

    def pages(self):
        """Return the bodies of a list."""
        return [self.page() for _ in range(self.random.randint(1, 9))]

    def page(self):
        records = "[" + ",".join(self.record() for _ in range(self.random.randint(0, 4))) + "]"
        parts = [("records", records), ("pageInfo", '{"hasNextPage":true,"nextCursor":null}')]
        if self.chance(self.odd):
            parts.append((self.random.choice(["records", "hint", "pageInfo"]), self.any_value()))
        if self.chance(0.3):
            self.random.shuffle(parts)
        page = self.written(parts)
        if self.chance(self.odd / 4):
            page = page.replace("null", self.random.choice(DAMAGED), 1)
        body = page.encode("utf-8")
        if self.chance(self.odd / 4):
            place = self.random.randrange(len(body))
            body = (
                body[:place]
                + self.random.choice([b"\xff", b"", b"\xed\xa0\xbd"])
                + body[place + 1 :]
            )
        return body

    def record(self):
        self.number += 1
        shown = self.number if self.chance(0.97) else self.number - 1
        parts = [("type", '"document"'), ("identifier", f'"d{shown}"')]
        for key, usual in (
            ("name", TEXTS),
            ("path", TEXTS),
            ("ownerId", TEXTS),
            ("description", ["null", *TEXTS]),
            ("hasApp", ["true", "false", "null"]),
            ("labels", LABELS[: 7 if self.odd < 0.1 else None]),
            ("visits", ["0", "7", "-1", "null"]),
            ("updatedAt", TIMES[:2] if self.odd < 0.1 else TIMES),
            ("lastViewedAt", TIMES[:3]),
        ):
            if self.chance(0.6):
                parts.append((key, self.value(usual)))
        for key, below in (
            ("owner", ["id", "name"]),
            ("folder", ["id", "path", "scope"]),
            ("_count", ["views", "favorites"]),
        ):
            if self.chance(0.7):
                inner = [
                    (one, self.value(TEXTS if key != "_count" else NUMBERS[:1])) for one in below
                ]
                if self.chance(self.odd):
                    inner.append((self.random.choice(self.new), self.any_value()))
                held = self.written(self.random.sample(inner, self.random.randint(0, len(inner))))
                parts.append((key, "null" if self.chance(0.1) else self.value([held])))
        new = [key for key in self.new if self.chance(0.3)]
        parts += [(key, self.value(["true", "false"])) for key in new]
        if self.chance(0.2):
            self.random.shuffle(parts)
        return self.written(parts)

    def value(self, usual):
        return self.any_value() if self.chance(self.odd) else self.random.choice(usual)

    def any_value(self):
        kinds = [NUMBERS, TEXTS, TIMES, LABELS, LONE_SURROGATES, ["true", "null", "{}", "[]"]]
        simple = self.random.choice(self.random.choice(kinds))
        if self.chance(0.2):
            return self.written([(self.random.choice(["id", "x", "a.b"]), simple)] * 2)
        return f"[{simple},{simple}]" if self.chance(0.2) else simple

    def written(self, parts):
        """Write an object, perhaps with a key twice, escapes in keys, and white space."""
        if parts and self.chance(self.odd / 4):
            parts = [*parts, (self.random.choice(parts)[0], self.any_value())]
        space = self.random.choice([" ", "\n\t", "\r\n "]) if self.chance(self.spelled) else ""
        return (
            "{"
            + space
            + f"{space},".join(f"{self.key(key)}{space}:{space}{value}" for key, value in parts)
            + space
            + "}"
        )

    def key(self, key):
        if key and self.chance(self.spelled):
            return f'"\\u{ord(key[0]):04x}{json.dumps(key[1:])[1:]}'
        return json.dumps(key)
