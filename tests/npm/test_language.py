"""The language engine, judged by npm packages: particles by es-hangul, segments by two independent counters."""

import json
import os
import random
import subprocess
import sys
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import oracle

SEGMENTS = os.path.join(oracle.HERE, "..", "..", "build", "npm", "segments")

# consonant form/vowel form, as es-hangul writes them
PAIRS = (
    "은/는", "이/가", "을/를", "과/와", "이나/나", "이란/란", "이랑/랑", "아/야", "이에요/예요",
    "으로/로", "으로서/로서", "으로써/로써", "으로부터/로부터",
)
OF_ES_HANGUL = {"과/와": "와/과"}


def hangul_words(dice, count):
    syllables = [chr(c) for c in range(0xAC00, 0xD7A4)]
    every_final = [syllables[i] for i in range(28)]
    words = ["".join(dice.choice(syllables) for _ in range(dice.randint(1, 6))) for _ in range(count - len(every_final))]
    return every_final + words


def with_particles(t, words, pair):
    """The words with the particles that `dispatcher render` chose."""
    template = t.write("josa.mustache", "{{#words}}\n{{. | josa:%s}}\n{{/words}}\n" % pair)
    data = t.write("josa.json", json.dumps({"words": words}))
    done = t.command("render", "--template", template, "--data", data, "--escape", "none")
    t.equal(done.status, 0, f"{pair}: {done.err}")
    return done.out.splitlines()


def test_es_hangul_chooses_the_same_particles_for_5000_words(t):
    t.configure()
    words = hangul_words(random.Random(20250901), 5000)
    for pair in PAIRS:
        theirs = oracle.ask("josa", [[word, OF_ES_HANGUL.get(pair, pair)] for word in words])
        ours = with_particles(t, words, pair)
        t.equal(len(ours), len(words), f"words with {pair}")
        wrong = [(mine, other) for mine, other in zip(ours, theirs) if mine != other]
        t.check(not wrong, f"{pair}: {len(wrong)} differ, such as {wrong[:3]}")
        reversed_pair = "/".join(reversed(pair.split("/")))
        t.equal(with_particles(t, words[:200], reversed_pair), ours[:200], f"{pair} in the other order")


# What people write, and what breaks counters: everything of GSM 03.38, its extension, and what is just outside.
GERMAN = "abcdefghijklmnopqrstuvwxyzäöüßABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ0123456789    .,:;!?()-+/&%@\n"
ENGLISH = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789    .,:;!?()'\"-+/&%@£$_*#<=>\n"
EXTENSION = "€[]{}\\~^|"
TYPOGRAPHY = "„“”‚‘’»«–—…•\u00a0éàçÇñ"
KOREAN = "".join(chr(c) for c in range(0xAC00, 0xD7A4, 37)) + "    .,!?()0123456789·~[]"
EMOJI = "👍🙂📢"
MIXTURES = {
    "German": (GERMAN, GERMAN, GERMAN + EXTENSION, GERMAN + EXTENSION * 4, GERMAN * 20 + TYPOGRAPHY),
    "English": (ENGLISH, ENGLISH, ENGLISH + EXTENSION, ENGLISH + EXTENSION * 4, ENGLISH * 20 + TYPOGRAPHY),
    "Korean": (KOREAN, KOREAN, KOREAN + TYPOGRAPHY, KOREAN + EMOJI * 20),
}
TWILIO = {"GSM-7": "gsm7", "UCS-2": "ucs2"}
SPLIT = {"GSM": "gsm7", "Unicode": "ucs2"}
EDGES = (1, 35, 69, 70, 71, 134, 135, 153, 154, 159, 160, 161, 201, 202, 268, 306, 307, 459, 460)


def random_texts(dice, count):
    for i in range(count):
        alphabet = dice.choice(MIXTURES[("German", "English", "Korean")[i % 3]])
        length = dice.choice(EDGES) + dice.randint(-2, 2) if i % 2 else dice.randint(1, 500)
        yield "".join(dice.choice(alphabet) for _ in range(max(length, 1)))


def our_counts(texts):
    data = b"".join(text.encode() + b"\0" for text in texts)
    lines = subprocess.run([SEGMENTS], input=data, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    return [(encoding, int(segments)) for encoding, segments in map(str.split, lines)]


def compare(texts, ours, what, names):
    theirs = oracle.ask(what, texts)
    return [
        (text, mine, other)
        for text, mine, other in zip(texts, ours, theirs)
        if mine != (names[other["encoding"]], other["segments"])
    ]


def assert_the_same(what, names):
    texts = list(random_texts(random.Random(20250918), 10000))
    ours = our_counts(texts)
    assert len(ours) == len(texts)
    differ = compare(texts, ours, what, names)
    assert not differ, (len(differ), differ[:3])


def test_twilios_calculator_finds_the_same_segments_in_10000_texts():
    assert_the_same("segments", TWILIO)


def test_split_sms_finds_the_same_segments_in_10000_texts():
    assert_the_same("split", SPLIT)


DECOMPOSED = ("가나다 각", "äöü abc")
CLUSTERS = ("👨‍👩‍👧", "🇰🇷", "q\u0323")


def test_where_the_counters_differ_is_known():
    """Both count what is not composed and CRLF as it stands, we what will be sent. Twilio's counter never cuts what is
    seen as one character, which may cost a segment more; split-sms and we never cut a code point, like most gateways."""
    dice = random.Random(20250919)
    raw = [unicodedata.normalize("NFD", text * dice.randint(1, 40)) for text in DECOMPOSED for _ in range(200)]
    raw += ["abc\r\n" * dice.randint(1, 120) for _ in range(200)]
    sent = [unicodedata.normalize("NFC", text).replace("\r\n", "\n") for text in raw]
    assert not compare(sent, our_counts(raw), "segments", TWILIO)
    assert not compare(sent, our_counts(raw), "split", SPLIT)
    clusters = ["가" * dice.randint(50, 80) + cluster * dice.randint(1, 30) for cluster in CLUSTERS for _ in range(400)]
    ours = our_counts(clusters)
    assert not compare(clusters, ours, "split", SPLIT)
    differ = compare(clusters, ours, "segments", TWILIO)
    assert differ and all(other["segments"] == mine[1] + 1 for _, mine, other in differ), differ[:3]
