/*
 * What a renderer remembers from letter to letter must not be seen in any: random letters to random
 * readers of random batches, through one renderer that lives long, each compared with what one that
 * has never made a letter says.
 *
 *     test_renderer_random [SEED [LIBRARIES [LETTERS]]]
 */
#include "render/renderer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "model/batch.h"
#include "render/proof.h"
#include "render/small_library.h"

#define TRIES_MAX 1000

static uint32_t seed = 7;
static int libraries = 6, letters = 100;

/* xorshift: the same letters in every run. */
static uint32_t below(uint32_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % bound;
}

#define PICK(table) (table)[below(COUNT_OF(table))]

/* ---- letters ---- */

static const char *const inlines[] = {
    "Wort",
    "ein Satz, der von niemandem handelt.",
    "한국어 문장",
    "24. September",
    "{{what}}",
    "{{what | upper-first}}",
    "{{items | list}}",
    "{{items | list:or}}",
    "{{count | number}}",
    "{{count | plural:one=# Satz, other=# Sätze}}",
    "{{salutation}}",
    "{{salutation | upper-first}}",
    "{{to.name}}",
    "{{to.name | default:\"niemand\"}}",
    "{{to.name | mask:name | default:\"*\"}}",
    "{{to.title | default:\"ohne Titel\"}}",
    "{{to.given_name | default:\"\"}}",
    "{{to.gender | select:female=Kundin, male=Kunde, other=Mensch}}",
    "{{reference | default:\"ohne Nummer\"}}",
    "{{id}}",
    "{{id | nbsp}}",
    "0049 {{id}} 1",
    "{{org.name}}",
    "{{words.reference}}",
    "{{closing}}",
    "{{when.start | date:long | default:\"bald\"}}",
    "{{at | date:full | default:\"irgendwann\"}}",
    "{{at | time | default:\"nie\"}}",
    "{{#at}}{{at | date:short}} {{at | time:24h}}{{/at}}",
    "{{#reference}}Nr. {{reference}}{{/reference}}",
    "{{^reference}}ohne{{/reference}}",
    "{{#to.title}}{{to.title}} {{/to.title}}",
    "{{^to.family_name}}?{{/to.family_name}}",
    "{{#items}}{{.}} {{to.name}}, {{/items}}",
    "{{#items}}{{#reference}}{{reference}}: {{.}} {{/reference}}{{/items}}",
    "{{#thing}}{{id}} {{reference | default:\"-\"}}{{/thing}}",
    "{{#thing.list}}{{id}} {{reference | "
    "default:\"-\"}}{{#reference}}!{{/reference}}{{/thing.list}}",
};

static const char *const particles[] = {"{{what | josa:은/는}}",
                                        "{{to.name | josa:이/가 | default:\"x\"}}",
                                        "{{salutation | josa:을/를}}"};

/* After these nothing is cut. */
static const char *const uncuttable[] = {"{{#to}}{{name}}{{/to}}",
                                         "{{#reference}}{{.}}{{/reference}}",
                                         "{{#to}}{{title | default:\"-\"}}{{/to}}"};

static bool korean; /* the letter that is being written */

static void put_words(struct buf *out, uint32_t most)
{
    if (korean && below(3) == 0)
        buf_printf(out, "%s ", PICK(particles));
    for (uint32_t left = 1 + below(most); left > 0; left--)
        buf_printf(out, "%s%s", PICK(inlines), left > 1 ? " " : "");
    if (below(150) == 0)
        buf_printf(out, " %s", PICK(uncuttable));
}

static void put_prefixed(struct buf *out, const struct buf *text, const char *first,
                         const char *rest)
{
    const char *prefix = first;
    for (const char *at = buf_text(text), *end; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        buf_printf(out, "%s%.*s\n", *at != '\n' || *prefix == '>' ? prefix : "", (int)(end - at),
                   at);
        prefix = rest;
    }
}

static void put_blocks(struct buf *out, uint32_t most, int depth);

static void put_list(struct buf *out, int depth)
{
    bool numbered = below(2) == 0, tight = below(2) == 0;
    for (uint32_t left = 1 + below(4); left > 0; left--) {
        struct buf item = {0};
        bool section = true;
        if (below(3) == 0 && depth < 2) {
            put_blocks(&item, 2, depth + 1);
            section = false;
        } else {
            put_words(&item, 4);
            buf_putc(&item, '\n');
        }
        section = section && below(4) == 0;
        buf_puts(out, section ? "{{#reference}}\n" : "");
        put_prefixed(out, &item, numbered ? "1. " : "- ", numbered ? "   " : "  ");
        buf_puts(out, section ? "{{/reference}}\n" : "");
        buf_puts(out, tight ? "" : "\n");
        buf_free(&item);
    }
}

static void put_block(struct buf *out, int depth)
{
    static const char *const sections[][2] = {
        {"{{#reference}}\n", "{{/reference}}\n"}, {"{{^reference}}\n", "{{/reference}}\n"},
        {"{{#to.title}}\n", "{{/to.title}}\n"},   {"{{#when.start}}\n", "{{/when.start}}\n"},
        {"{{#thing}}\n", "{{/thing}}\n"},         {"{{#items}}\n", "{{/items}}\n"}};
    static unsigned ids;
    struct buf inner = {0};
    uint32_t kind = below(depth < 2 ? 10 : 3);
    const char *const *section = PICK(sections);
    switch (kind) {
    case 3:
    case 4:
        put_list(out, depth);
        break;
    case 5:
        put_blocks(&inner, 3, depth + 1);
        put_prefixed(out, &inner, "> ", "> ");
        break;
    case 6:
    case 7:
        put_blocks(&inner, 2, depth + 1);
        buf_printf(out, "%s\n%s\n%s", section[0], buf_text(&inner), section[1]);
        break;
    case 8:
        buf_puts(out, depth == 0 ? "{{> end}}\n" : "***\n");
        break;
    case 9:
        if (depth == 0)
            buf_printf(out, "## Teil %s {#s%u}\n", PICK(inlines), ids++);
        else
            buf_puts(out, "***\n");
        break;
    default:
        put_words(out, kind == 0 ? 25 : 4);
        buf_puts(out, below(8) == 0 ? "\\\nneue Zeile {{to.name}}\n" : "\n");
    }
    buf_free(&inner);
}

static void put_blocks(struct buf *out, uint32_t most, int depth)
{
    for (uint32_t left = 1 + below(most); left > 0; left--) {
        put_block(out, depth);
        buf_puts(out, left > 1 ? "\n" : "");
    }
}

static void write_letter(const char *name, bool in_korean)
{
    korean = in_korean;
    struct buf letter = {0};
    static const char *const lines[] = {"subject", "preheader", "sms", "title"};
    buf_puts(&letter, "---\n");
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct buf words = {0};
        put_words(&words, 3);
        buf_printf(&letter, "%s: >-\n  %s\n", lines[i], buf_text(&words));
        buf_free(&words);
    }
    buf_puts(&letter, "---\n{{salutation}}\n\n");
    put_blocks(&letter, 9, 0);
    buf_puts(&letter, "\n[{{id}} x](https://www.example.org/{{id}}?q={{to.name}})\n");
    write_file(name, buf_text(&letter));
    buf_free(&letter);
}

/* Two that are told the same facts. */
enum { TEMPLATES = 2 };
static const char *const templates[TEMPLATES] = {"news", "other"};

static void write_template(const char *name)
{
    char file[40];
    snprintf(file, sizeof file, "t/%s/template.yaml", name);
    write_file(file,
               "schema: 1\nversion: 3\nsource: de\nchannels: [email, sms, webhook]\nvariables:\n"
               "  what: {type: localized, required: true}\n"
               "  items: {type: terms, required: true}\n"
               "  count: {type: integer, required: true}\n"
               "  when.start: {type: date}\n"
               "  at: {type: datetime}\n"
               "  thing: {type: object}\n"
               "links_allowed: [www.example.org]\n");
    snprintf(file, sizeof file, "t/%s/webhook.json", name);
    write_file(file, "{\"a\": \"{{what}} {{to.name}}\", \"n\": {{count}}, "
                     "\"r\": {{reference | default:\"-\"}}}\n");
    snprintf(file, sizeof file, "t/%s/de.md", name);
    write_letter(file, false);
    snprintf(file, sizeof file, "t/%s/ko.md", name);
    write_letter(file, true);
}

static void write_library(void)
{
    static const char *const frames[] = {
        "<html lang=\"{{lang}}\"><title>{{subject}}</title><i>{{preheader}}</i>{{{content}}}"
        "{{org.name}}{{#reference}} {{words.reference}} {{reference}}{{/reference}}</html>\n",
        "<html lang=\"{{lang}}\"><title>{{subject | upper-first}}</title>{{{content}}}{{id}}"
        "{{^to.title}}<b>{{to.name}}</b>{{/to.title}}<i>{{preheader}}</i></html>\n",
        "<html lang=\"{{lang}}\"><title>{{subject}}</title>{{{content}}}{{preheader}}"
        "{{#to}}{{name}}{{/to}}</html>\n"};
    write_file("t/_layouts/letter.html", frames[below(16) / 7]);
    write_file("t/_partials/end.de.md", "{{closing}} {{to.name}}\n\n- {{id}}\n");
    write_file("t/_partials/end.ko.md",
               "{{closing}}\n\n{{#reference}}\n{{reference}}\n{{/reference}}\n");
    for (int i = 0; i < TEMPLATES; i++)
        write_template(templates[i]);
}

/* ---- readers ---- */

static const char *const names[] = {
    "Anna Weber",
    "Bo",
    "김민수",
    "이서연",
    "",
    " ",
    "<b>&amp;\\\"'",
    "{{to.name}}",
    "# x",
    "- y",
    "> z",
    "1. a",
    "24.",
    "Œuvre Ünal",
    "\\u0001a\\u000bb",
    "a\\nb",
    "a\\u2028b",
    "\\u202eabc",
    "😀 Smile",
    "www.example.org",
    "=?utf-8?q?x?=",
    "\\u0000",
    "Eine mit einem so langen Namen, dass die Zeile bricht und noch weiter und weiter",
    "EineMitEinemLangenNamenOhneJedesLeerzeichenDerNichtInDieZeilePasstWeilErSoLangIstUndNochLaenge"
    "r"};
static const char *const titles[] = {"Dr.", "Prof. Dr.", "Dipl.-Ing.", "<i>", " "};
static const char *const genders[] = {"female", "male", "neutral"};
static const char *const references[] = {
    "R-1", "S 2", "", "<3>", "2025-11-24T22:30:00Z", "Nr. mit Leerzeichen darin und lang"};
static const char *const zones[] = {"Asia/Seoul",       "Europe/Berlin", "Pacific/Auckland",
                                    "America/New_York", "UTC",           "Mars/Base",
                                    "Europe/Vienna"};
static const char *const tags[] = {"de", "de-AT", "de-CH", "ko", "ko-KR", "en"};
static const char *const overlays[] = {"{\"count\":1}",
                                       "{\"count\":7,\"items\":[\"email\"]}",
                                       "{\"what\":{\"de\":\"Eigenes\",\"ko\":\"것\"}}",
                                       "{\"when\":{\"start\":\"2025-10-02\"}}",
                                       "{\"at\":\"2025-12-31T23:30:00Z\"}",
                                       "{\"thing\":null}",
                                       "{\"thing\":{\"reference\":\"own\",\"list\":[]}}",
                                       "{\"count\":\"x\"}",
                                       "{\"other\":1}",
                                       "{}",
                                       "{\"what\":{\"de\":\"a\\nb\",\"ko\":\"c\"}}"};

static void put_person(struct buf *out)
{
    static const char *const keys[] = {"name", "given_name", "family_name"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (below(2) == 0)
            buf_printf(out, ",\"%s\":\"%s\"", keys[i], PICK(names));
    if (below(3) == 0)
        buf_printf(out, ",\"title\":\"%s\"", PICK(titles));
    if (below(2) == 0)
        buf_printf(out, ",\"gender\":\"%s\"", PICK(genders));
}

static void put_line(struct buf *out)
{
    buf_puts(out, "{\"to\":{\"email\":\"a@example.org\"");
    put_person(out);
    if (below(4) == 0) {
        struct buf second = {0};
        put_person(&second);
        if (second.len > 0)
            buf_printf(out, ",\"second\":{%s}", buf_text(&second) + 1);
        buf_free(&second);
    }
    if (below(3) == 0)
        buf_printf(out, ",\"timezone\":\"%s\"", PICK(zones));
    buf_puts(out, "}");
    if (below(2) == 0)
        buf_printf(out, ",\"id\":\"c%u\"", below(50));
    if (below(2) == 0)
        buf_printf(out, ",\"locale\":\"%s\"", PICK(tags));
    if (below(2) == 0)
        buf_printf(out, ",\"reference\":\"%s\"", PICK(references));
    if (below(6) == 0)
        buf_printf(out, ",\"data\":%s", PICK(overlays));
    buf_puts(out, "}");
}

static struct batch *random_batch(void)
{
    static const char *const terms[] = {"\"email\"", "\"phone\"", "\"email\",\"phone\"",
                                        "\"phone\",\"email\",\"phone\""};
    struct buf text = {0};
    struct error err = {0};
    struct batch *batch;
    buf_printf(&text,
               "{\"version\":1,\"id\":\"b%u\",\"template\":\"news\"%s,\"data\":{\"what\":{\"de\":"
               "\"Stand %u <1>\",\"ko\":\"은행%u\"},\"items\":[%s],\"count\":%u%s%s%s}}",
               below(100), below(2) == 0 ? ",\"reference\":\"of all\"" : "", below(1000),
               below(1000), PICK(terms), below(5),
               below(2) == 0 ? ",\"when\":{\"start\":\"2025-09-01\"}" : "",
               below(2) == 0 ? ",\"at\":\"2025-11-24T22:30:00Z\"" : "",
               below(2) == 0 ? ",\"thing\":{\"id\":\"T\",\"to\":\"x\",\"list\":[{\"id\":\"1\"},"
                               "{\"reference\":\"own\"},{}]}"
                             : "");
    if (batch_parse(buf_text(&text), text.len, "b", false, &batch, &err) < 0)
        fail_msg("%s", err.text);
    buf_free(&text);
    return batch;
}

/* ---- comparing ---- */

struct trial {
    const struct library *library;
    int index; /* of the template */
    struct renderer *used;
    struct batch *batches[3];
    long made, refused, proved;
};

static void expect_text(const struct buf *found, const struct buf *expected, const char *line)
{
    if (found->len == expected->len && memcmp(buf_text(found), buf_text(expected), found->len) == 0)
        return;
    fail_msg("%s\n---- expected\n%s\n---- found\n%s\n", line, buf_text(expected), buf_text(found));
}

static void expect_message(const struct message *found, const struct message *expected,
                           const char *line)
{
    expect_text(&found->subject, &expected->subject, line);
    expect_text(&found->preheader, &expected->preheader, line);
    expect_text(&found->text, &expected->text, line);
    expect_text(&found->html, &expected->html, line);
    expect_text(&found->sms, &expected->sms, line);
    expect_text(&found->title, &expected->title, line);
    expect_text(&found->webhook, &expected->webhook, line);
    assert_string_equal(found->locale, expected->locale);
}

static void compare_kind(struct trial *t, const char *locale, const struct job *job,
                         enum channel_kind kind, const char *line)
{
    struct message expected = {0}, found = {0};
    struct error right = {0}, wrong = {0};
    struct renderer *fresh;
    assert_int_equal(renderer_open(t->library, &fresh, &right), 0);
    int good = renderer_render(fresh, t->index, locale, job, 9, kind, &expected, &right);
    int rc = renderer_render(t->used, t->index, locale, job, 9, kind, &found, &wrong);
    if (rc != good || (rc < 0 && strcmp(right.text, wrong.text) != 0))
        fail_msg("%s: %d %s, but found %d %s", line, good, right.text, rc, wrong.text);
    if (rc == 0)
        expect_message(&found, &expected, line);
    t->made++;
    t->refused += rc < 0;
    message_free(&expected);
    message_free(&found);
    renderer_close(fresh);
}

static void compare_proof(struct trial *t, const char *locale, const struct job *job,
                          const char *line)
{
    const struct proof_options options = {.mark_facts = true};
    struct proof expected, found;
    struct error right = {0}, wrong = {0};
    struct renderer *fresh;
    assert_int_equal(renderer_open(t->library, &fresh, &right), 0);
    int good = proof_make(fresh, t->index, locale, job, 9, &options, &expected, &right);
    int rc = proof_make(t->used, t->index, locale, job, 9, &options, &found, &wrong);
    if (rc != good || strcmp(right.text, wrong.text) != 0)
        fail_msg("%s: %d %s, but found %d %s", line, good, right.text, rc, wrong.text);
    if (rc == 0)
        expect_message(&found.message, &expected.message, line);
    for (size_t i = 0; rc == 0 && i < expected.section_count; i++) {
        expect_text(&found.sections[i].text, &expected.sections[i].text, line);
        expect_text(&found.sections[i].html, &expected.sections[i].html, line);
    }
    t->proved++;
    proof_free(&expected);
    proof_free(&found);
    renderer_close(fresh);
}

static void try_line(struct trial *t, const struct batch *batch)
{
    struct buf line = {0};
    struct error err = {0};
    struct job *job;
    put_line(&line);
    if (batch_read_line(batch, buf_text(&line), line.len, "lines", 1 + below(9), &job, NULL,
                        &err) == 0) {
        t->index = below(4) == 0 ? 1 : 0;
        const char *locale = below(3) == 0 ? "ko" : "de";
        compare_kind(t, locale, job, (enum channel_kind)below(CHANNEL_KINDS), line.data);
        compare_kind(t, locale, job, CHANNEL_EMAIL, line.data);
        if (below(5) == 0)
            compare_proof(t, locale, job, line.data);
        job_free(job);
    }
    buf_free(&line);
}

/* Batches come and go, and another may lie where one was. */
static void try_library(struct trial *t)
{
    struct error err = {0};
    assert_int_equal(renderer_open(t->library, &t->used, &err), 0);
    for (size_t i = 0; i < COUNT_OF(t->batches); i++)
        t->batches[i] = random_batch();
    for (int i = 0; i < letters; i++) {
        struct batch **batch = &PICK(t->batches);
        if (below(30) == 0) {
            batch_free(*batch);
            *batch = random_batch();
        }
        try_line(t, *batch);
    }
    for (size_t i = 0; i < COUNT_OF(t->batches); i++)
        batch_free(t->batches[i]);
    renderer_close(t->used);
}

/* Not every letter that is made up here is one. */
static bool is_whole(const struct library *l)
{
    bool whole = library_template_count(l) == TEMPLATES;
    for (int i = 0; whole && i < TEMPLATES; i++)
        whole = library_has_part(l, i, "de", CHANNEL_EMAIL) &&
                library_has_part(l, i, "ko", CHANNEL_EMAIL);
    return whole;
}

static struct library *random_library(void)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct buf problems = {0};
        write_library();
        struct library *l = load(&problems);
        buf_free(&problems);
        if (is_whole(l))
            return l;
        library_free(l);
    }
    fail_msg("none of %d libraries can be loaded", TRIES_MAX);
    return NULL;
}

static void no_letter_shows_what_was_made_before(void **state)
{
    (void)state;
    struct trial t = {0};
    for (int i = 0; i < libraries; i++) {
        struct library *l = random_library();
        t.library = l;
        try_library(&t);
        library_free(l);
    }
    print_message("%ld messages, %ld refused, %ld proofs\n", t.made, t.refused, t.proved);
    assert_true(t.refused < t.made / 2);
}

static int make_regions(void **state)
{
    if (make_library(state) != 0)
        return -1;
    write_file("l/de-AT.yaml", "de-AT:\n  zone: Europe/Vienna\n  terms: {phone: Rufnummer}\n");
    write_file("l/de-CH.yaml", "de-CH:\n  closing: Gruss\n");
    char *folder = path_of("t/other");
    int rc = mkdir(folder, 0700);
    free(folder);
    return rc;
}

static int remove_regions(void **state)
{
    remove_file("l/de-AT.yaml");
    remove_file("l/de-CH.yaml");
    remove_file("t/other/template.yaml");
    remove_file("t/other/webhook.json");
    remove_file("t/other/de.md");
    remove_file("t/other/ko.md");
    char *folder = path_of("t/other");
    rmdir(folder);
    free(folder);
    return remove_library(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_letter_shows_what_was_made_before),
    };
    seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : seed;
    libraries = argc > 2 ? (int)strtol(argv[2], NULL, 10) : libraries;
    letters = argc > 3 ? (int)strtol(argv[3], NULL, 10) : letters;
    return cmocka_run_group_tests(tests, make_regions, remove_regions);
}
