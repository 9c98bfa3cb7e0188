#include "render/proof.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>

#include "base/alloc.h"
#include "base/text.h"
#include "render/small_library.h"

#define ACCEPTED_MS INT64_C(1763942401000)

static const char variables[] =
    "schema: 1\nversion: 3\nsource: de\nchannels: [email, sms, webhook]\nvariables:\n"
    "  what: {type: localized, required: true}\n"
    "  items: {type: terms, required: true}\n"
    "  count: {type: integer, required: true}\n"
    "  when.start: {type: date}\n"
    "  advice: {type: localized_list}\n"
    "  claim.steps: {type: localized_list}\n"
    "  page: {type: text, required: true}\n"
    "  note: {type: text}\n"
    "links_allowed: [example.org]\n";

#define MORE_DATA                                                                                  \
    "{\"what\":{\"de\":\"Stand <1>\",\"ko\":\"은행\"},\"items\":[\"email\",\"phone\"],"          \
    "\"count\":2970000,\"when\":{\"start\":\"2025-09-01\"},\"page\":\"a b\",\"note\":\"a b\","     \
    "\"advice\":[{\"de\":\"Eins.\"},{\"de\":\"Zwei.\"}],"                                          \
    "\"claim\":{\"steps\":[{\"de\":\"Schritt.\"}]}}"

#define LITTLE_DATA                                                                                \
    "{\"what\":{\"de\":\"a\",\"ko\":\"b\"},\"items\":[\"email\"],\"count\":1,\"page\":\"a\","      \
    "\"note\":\"\"}"

/* A letter whose body is `body`, proved with `data`. */
static void prove(const char *body, const char *data, const struct proof_options *options,
                  struct proof *out)
{
    struct buf letter = {0};
    struct error err = {0};
    struct renderer *r;
    buf_printf(&letter,
               "---\nsubject: \"{{what}}\"\npreheader: Vorschau\nsms: \"SMS {{count | number}}\"\n"
               "---\n%s",
               body);
    write_file("t/news/template.yaml", variables);
    write_file("t/news/de.md", buf_text(&letter));
    write_file("t/news/ko.md", buf_text(&letter));
    struct job *job = job_with(",\"name\":\"Kim\"", data, "");
    struct library *l = load(NULL);
    assert_int_equal(renderer_open(l, &r, &err), 0);
    if (proof_make(r, 0, "de", job, ACCEPTED_MS, options, out, &err) < 0)
        fail_msg("%s", err.text);
    renderer_close(r);
    library_free(l);
    job_free(job);
    buf_free(&letter);
    restore("t/news/template.yaml");
    restore("t/news/de.md");
    restore("t/news/ko.md");
}

/* "name=words" of every use in the body, one per line. */
static void expect_uses(const struct proof *p, const char *expected)
{
    struct buf found = {0};
    for (size_t i = 0; i < p->use_count; i++) {
        const struct proof_use *use = &p->uses[i];
        if (use->part != PROOF_BODY)
            continue;
        const struct buf *text = &p->sections[use->section].text;
        assert_true(use->start + use->len <= text->len);
        buf_printf(&found, "%s=%.*s\n", use->name, (int)use->len, buf_text(text) + use->start);
    }
    assert_string_equal(buf_text(&found), expected);
    buf_free(&found);
}

static const struct proof_options plain = {0};

static void sections_say_what_stands_below_their_headings(void **state)
{
    (void)state;
    struct proof p;
    prove("{{salutation}}\n\n## Was {{what}} ist {#what}\n\n{{what}}: {{items | list}}\n\n"
          "Das\n Ende {#end}\n---\n\n> Letztes.\n",
          MORE_DATA, &plain, &p);
    assert_int_equal(p.section_count, 3);
    assert_string_equal(p.sections[0].id, "");
    assert_string_equal(p.sections[0].heading, "");
    assert_string_equal(buf_text(&p.sections[0].text), "Guten Tag Kim,\n");
    assert_string_equal(buf_text(&p.sections[0].html), "<p>Guten Tag Kim,</p>\n");
    assert_string_equal(p.sections[1].id, "what");
    assert_string_equal(p.sections[1].heading, "Was Stand <1> ist");
    assert_string_equal(buf_text(&p.sections[1].text),
                        "Stand <1>: E-Mail-Adresse und Telefonnummer\n");
    assert_string_equal(buf_text(&p.sections[1].html),
                        "<p>Stand &lt;1&gt;: E-Mail-Adresse und Telefonnummer</p>\n");
    assert_true(text_ends_with(p.sections[1].file, "t/news/de.md"));
    assert_int_equal(p.sections[1].line, 8);
    assert_int_equal(p.sections[1].column, 1);
    assert_string_equal(p.sections[2].id, "end");
    assert_string_equal(p.sections[2].heading, "Das Ende");
    assert_string_equal(buf_text(&p.sections[2].text), "> Letztes.\n");
    proof_free(&p);
}

static void a_section_that_is_not_said_is_not_there(void **state)
{
    (void)state;
    static const char body[] =
        "Hallo.\n\n{{#when.start}}\n## Wann {#when}\n\n{{when.start | date}}\n"
        "{{/when.start}}\n\nTschüs.\n";
    struct proof p;
    prove(body, MORE_DATA, &plain, &p);
    assert_string_equal(buf_text(&proof_section(&p, "when")->text),
                        "1. September 2025\n\nTschüs.\n");
    proof_free(&p);
    prove(body, LITTLE_DATA, &plain, &p);
    assert_null(proof_section(&p, "when"));
    assert_string_equal(buf_text(&p.sections[0].text), "Hallo.\n\nTschüs.\n");
    proof_free(&p);
}

/* Torn out of its quote, a section would not be well-formed. */
static void a_heading_within_a_quote_begins_no_section(void **state)
{
    (void)state;
    struct proof p;
    prove("> ## Zitat {#quote}\n>\n> {{what}}\n", MORE_DATA, &plain, &p);
    assert_int_equal(p.section_count, 1);
    assert_string_equal(buf_text(&p.sections[0].text), "> Zitat\n> -------\n>\n> Stand <1>\n");
    expect_uses(&p, "what=Stand <1>\n");
    proof_free(&p);
}

static void uses_have_the_whole_names_of_facts(void **state)
{
    (void)state;
    struct proof p;
    prove("{{#when}}\nAb {{start | date}}.\n{{/when}}\n\n{{#advice}}\n- {{.}}\n{{/advice}}\n\n"
          "{{#claim}}\n{{#steps}}\n1. {{.}} {{count | number}}\n{{/steps}}\n{{/claim}}\n\n"
          "{{#what}}{{.}}{{/what}}\n\n{{> end}}\n",
          MORE_DATA, &plain, &p);
    expect_uses(&p, "when.start=1. September 2025\nadvice=Eins.\nadvice=Zwei.\n"
                    "claim.steps=Schritt.\ncount=2.970.000\nwhat=Stand <1>\nclosing=Gruß\n");
    assert_true(proof_uses(&p, "claim", ""));
    proof_free(&p);
}

static void what_a_default_says_is_no_use(void **state)
{
    (void)state;
    struct proof p;
    prove("{{when.start | date | default:\"bald\"}} {{note | default:\"Notiz\"}} "
          "{{^advice}}Kein Rat{{/advice}} {{#advice}}{{.}}{{/advice}}\n",
          LITTLE_DATA, &plain, &p);
    assert_string_equal(buf_text(&p.sections[0].text), "bald Notiz Kein Rat\n");
    expect_uses(&p, "");
    assert_false(proof_uses(&p, "when", NULL));
    proof_free(&p);
    prove("{{when.start | date | default:\"bald\"}} {{note | default:\"Notiz\"}}\n", MORE_DATA,
          &plain, &p);
    expect_uses(&p, "when.start=1. September 2025\nnote=a b\n");
    proof_free(&p);
}

static void a_fact_in_a_heading_is_used_but_has_no_place_below_it(void **state)
{
    (void)state;
    struct proof p;
    prove("## Seit {{count | number}} {#what}\n\n{{count | number}}\n", MORE_DATA, &plain, &p);
    expect_uses(&p, "count=\ncount=2.970.000\n");
    assert_true(proof_uses(&p, "count", "what"));
    assert_int_equal(p.section_count, 2);
    assert_string_equal(buf_text(&p.sections[0].text), "");
    proof_free(&p);
}

static void other_parts_tell_where_their_facts_stand(void **state)
{
    (void)state;
    struct proof p;
    prove("{{count | number}}\n", MORE_DATA, &plain, &p);
    assert_int_equal(p.use_count, 3);
    assert_int_equal(p.uses[0].part, PROOF_SUBJECT);
    assert_string_equal(p.uses[0].name, "what");
    assert_int_equal(p.uses[1].part, PROOF_BODY);
    assert_int_equal(p.uses[2].part, PROOF_SMS);
    assert_int_equal(p.uses[2].start, strlen("SMS "));
    assert_int_equal(p.uses[2].len, strlen("2.970.000"));
    assert_string_equal(buf_text(&p.message.sms), "SMS 2.970.000");
    proof_free(&p);
}

static void sections_are_as_wide_as_asked(void **state)
{
    (void)state;
    struct proof p;
    const struct proof_options narrow = {.width = 12};
    prove("Ein Satz über\n{{items | list}} {{count | number}}.\n\n---\n", MORE_DATA, &narrow, &p);
    assert_string_equal(buf_text(&p.sections[0].text),
                        "Ein Satz\nüber\nE-Mail-Adresse\nund\nTelefonnummer\n2.970.000.\n\n"
                        "------------\n");
    expect_uses(&p, "items=E-Mail-Adresse\nund\nTelefonnummer\ncount=2.970.000\n");
    proof_free(&p);
}

static void facts_are_marked_but_not_within_an_address(void **state)
{
    (void)state;
    struct proof p;
    const struct proof_options marked = {.mark_facts = true};
    prove("[{{what}}](https://example.org/{{page}})\n\n## {{what}} {#what}\n\n"
          "{{#when}}{{start | date}}{{/when}}.\n",
          MORE_DATA, &marked, &p);
    assert_string_equal(buf_text(&p.sections[0].html),
                        "<p><a href=\"https://example.org/a%20b\"><mark data-fact=\"what\">Stand "
                        "&lt;1&gt;</mark></a></p>\n");
    assert_string_equal(buf_text(&p.sections[1].html),
                        "<p><mark data-fact=\"when.start\">1. September 2025</mark>.</p>\n");
    assert_null(strstr(buf_text(&p.message.html), "<mark"));
    proof_free(&p);
}

static void a_letter_that_cannot_be_made_has_no_proof(void **state)
{
    (void)state;
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    struct proof p;
    struct job *job = job_with("", DATA, "");
    assert_int_equal(renderer_open(l, &r, &err), 0);
    assert_int_equal(proof_make(r, 0, "fr", job, ACCEPTED_MS, &plain, &p, &err), ERR_INPUT);
    proof_free(&p);
    job_free(job);
    job = job_with("", "{}", "");
    assert_int_equal(proof_make(r, 0, "ko", job, ACCEPTED_MS, &plain, &p, &err), ERR_INPUT);
    proof_free(&p);
    job_free(job);
    renderer_close(r);
    library_free(l);
}

/* ---- the letters we ship ---- */

static struct library *load_shipped(void)
{
    static char keys[][16] = {"name", "department", "hours", "street"}, value[] = "Beispielbank";
    struct organisation_field fields[COUNT_OF(keys)];
    struct organisation organisation = {.fields = fields, .field_count = COUNT_OF(keys)};
    struct library_options o = {
        .templates = "templates", .locales = "locales", .organisation = &organisation};
    struct error err = {0};
    struct library *l;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        fields[i] = (struct organisation_field){NULL, keys[i], value};
    if (library_load(&o, &l, &err) < 0)
        fail_msg("%s", err.text);
    return l;
}

/* Words one blank apart; lines under headings and rules are no words. */
static void put_words(struct buf *out, const char *text)
{
    while (*(text += strspn(text, " \n")) != '\0') {
        size_t len = strcspn(text, " \n");
        size_t line = strspn(text, "-=");
        if (len != line || len == 1)
            buf_printf(out, "%.*s ", (int)len, text);
        text += len;
    }
}

static void expect_same_words(const struct proof *p)
{
    struct buf words = {0}, expected = {0};
    for (size_t i = 0; i < p->section_count; i++) {
        put_words(&words, p->sections[i].heading);
        put_words(&words, buf_text(&p->sections[i].text));
        assert_non_null(strstr(buf_text(&p->message.html), buf_text(&p->sections[i].html)));
    }
    put_words(&expected, buf_text(&p->message.text));
    assert_string_equal(buf_text(&words), buf_text(&expected));
    buf_free(&words);
    buf_free(&expected);
}

/* Every channel's parts, byte for byte. */
static void expect_same_message(struct renderer *r, const struct library *l, int index,
                                const char *locale, const struct job *job, const struct proof *p)
{
    struct message m = {0};
    struct error err = {0};
    const struct buf *const pairs[][2] = {
        {&m.subject, &p->message.subject}, {&m.preheader, &p->message.preheader},
        {&m.text, &p->message.text},       {&m.html, &p->message.html},
        {&m.sms, &p->message.sms},         {&m.title, &p->message.title},
        {&m.webhook, &p->message.webhook}};
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (!library_has_part(l, index, locale, (enum channel_kind)kind))
            continue;
        assert_int_equal(
            renderer_render(r, index, locale, job, ACCEPTED_MS, (enum channel_kind)kind, &m, &err),
            0);
        for (size_t i = 0; i < COUNT_OF(pairs); i++)
            if (pairs[i][0]->len > 0)
                assert_string_equal(buf_text(pairs[i][0]), buf_text(pairs[i][1]));
        assert_string_equal(m.locale, p->message.locale);
    }
    message_free(&m);
}

static void check_fixture(struct renderer *r, const struct library *l, int index, const char *path)
{
    struct buf text = {0};
    struct error err = {0};
    struct job *job;
    assert_int_equal(file_read_path(path, 1000000, &text, &err), 0);
    assert_int_equal(job_parse_fixture(buf_text(&text), text.len, path, &job, &err), 0);
    for (const char *const *tag = library_template_locales(l, index); *tag != NULL; tag++) {
        struct proof p;
        if (proof_make(r, index, *tag, job, ACCEPTED_MS, &plain, &p, &err) < 0)
            fail_msg("%s", err.text);
        expect_same_words(&p);
        expect_same_message(r, l, index, *tag, job, &p);
        proof_free(&p);
    }
    job_free(job);
    buf_free(&text);
}

static int check_fixtures(struct renderer *r, const struct library *l, int index)
{
    char *folder = file_join(library_template_directory(l, (size_t)index), "fixtures");
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!text_ends_with(entry->d_name, ".json"))
            continue;
        char *path = file_join(folder, entry->d_name);
        check_fixture(r, l, index, path);
        free(path);
        count++;
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
    return count;
}

static void shipped_letters_say_in_sections_what_they_say_in_their_text(void **state)
{
    (void)state;
    struct library *l = load_shipped();
    struct renderer *r;
    struct error err = {0};
    int count = 0;
    assert_int_equal(renderer_open(l, &r, &err), 0);
    for (size_t i = 0; i < library_template_count(l); i++)
        count += check_fixtures(r, l, (int)i);
    assert_true(count > 0);
    renderer_close(r);
    library_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_say_what_stands_below_their_headings),
        cmocka_unit_test(a_section_that_is_not_said_is_not_there),
        cmocka_unit_test(a_heading_within_a_quote_begins_no_section),
        cmocka_unit_test(uses_have_the_whole_names_of_facts),
        cmocka_unit_test(what_a_default_says_is_no_use),
        cmocka_unit_test(a_fact_in_a_heading_is_used_but_has_no_place_below_it),
        cmocka_unit_test(other_parts_tell_where_their_facts_stand),
        cmocka_unit_test(sections_are_as_wide_as_asked),
        cmocka_unit_test(facts_are_marked_but_not_within_an_address),
        cmocka_unit_test(a_letter_that_cannot_be_made_has_no_proof),
        cmocka_unit_test(shipped_letters_say_in_sections_what_they_say_in_their_text),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
