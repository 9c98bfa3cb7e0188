/* Rule files with mistakes: each is told with its place and what to do. */
#include "law/law.h"

#include "law/example.h"

#include <unistd.h>

#define HEAD                                                                                       \
    "ruleset: {id: x-1, title: t, jurisdiction: KR, effective_from: 2020-01-01, source: s, "       \
    "as_of: 2026-01-01}\n"
#define RULE "require:\n  - id: X1\n    about: a\n    source: s\n    level: error\n"

struct folder {
    char path[100];
};

static void open_folder(struct folder *f)
{
    const char *top = getenv("TMPDIR");
    snprintf(f->path, sizeof f->path, "%s/law.XXXXXX", top != NULL ? top : "/tmp");
    assert_non_null(mkdtemp(f->path));
}

static void name_file(const struct folder *f, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", f->path, name);
}

static void write_file(const struct folder *f, const char *name, const char *text)
{
    char path[160];
    name_file(f, name, path, sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct folder *f, const char *name)
{
    char path[160];
    name_file(f, name, path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

static struct law *load(const struct folder *f, struct findings *found)
{
    struct law *l = NULL;
    struct problems problems = {.tell = findings_add, .context = found};
    *found = (struct findings){0};
    int rc = law_load(f->path, &problems, &l);
    assert_int_equal(rc == 0, l != NULL);
    return l;
}

static bool has(const struct findings *found, const char *at, const char *says)
{
    for (size_t i = 0; i < found->count; i++) {
        const char *name = strrchr(found->items[i].position, '/');
        if (name != NULL && strcmp(name + 1, at) == 0 && strstr(found->items[i].text, says) != NULL)
            return true;
    }
    print_message("wanted at %s: %s; found:\n", at, says);
    findings_print(found);
    return false;
}

static void tells_where_a_file_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *at, *says;
    } wrong[] = {
        {"ruleset: [", "a.yaml:2:1", "not valid YAML"},
        {"ruleset: {id: x}\n", "a.yaml:1:1", "ruleset needs title"},
        {HEAD "requires: []\n", "a.yaml:2:1", "unknown key requires; did you mean require?"},
        {HEAD "require: {}\n", "a.yaml:2:10", "require must be a list"},
        {HEAD "require: [{id: X1, about: a, source: s, fact: f}]\n", "a.yaml:2:11",
         "a rule needs level"},
        {HEAD RULE "    facts: nature\n", "a.yaml:7:5", "unknown key facts; did you mean fact?"},
        {HEAD RULE, "a.yaml:3:5", "the rule asks for nothing"},
        {HEAD RULE "    fact: f\n    section: natur\n", "a.yaml:8:14",
         "natur is no value of section; did you mean nature?"},
        {HEAD RULE "    fact: f\n    mode: all\n", "a.yaml:8:5",
         "mode does not go with fact; make it a rule of its own"},
        {HEAD RULE "    pattern: {ko: [x]}\n", "a.yaml:7:5", "pattern belongs below forbid"},
        {HEAD RULE "    any_text: {kr: [x]}\n", "a.yaml:7:20",
         "kr is no value of any_text; did you mean ko?"},
        {HEAD RULE "    any_text: {de: [\"ge*es\"]}\n", "a.yaml:7:15", "a star only at the begin"},
        {HEAD RULE "    fact: f\n    min_items: one\n", "a.yaml:8:16", "must be a whole number"},
        {HEAD RULE "    fact: f\n    effective_from: 11.9.2026\n", "a.yaml:8:21",
         "must be a date like 2026-09-11"},
        {HEAD RULE "    fact: f\n    kind: inital\n", "a.yaml:8:11",
         "inital is no value of kind; did you mean initial?"},
        {HEAD "remind:\n  - {id: X1, about: a, source: s, level: info, if_any: [affected = 3]}\n",
         "a.yaml:3:57", "affected = 3 is no condition; did you mean affected >= ?"},
        {HEAD "remind:\n  - {id: X1, about: a, source: s, level: info, clock: {from: aware_at, "
              "hours: 72}}\n",
         "a.yaml:3:48", "clock needs warn_at"},
        {HEAD "obligations_opened:\n  - {id: X1, about: a, source: s, if: sent, when: soon}\n",
         "a.yaml:3:51", "soon is no value of when"},
    };
    struct folder f;
    open_folder(&f);
    size_t missing = 0;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct findings found;
        write_file(&f, "a.yaml", wrong[i].text);
        assert_null(load(&f, &found));
        missing += has(&found, wrong[i].at, wrong[i].says) ? 0 : 1;
    }
    remove_file(&f, "a.yaml");
    assert_int_equal(rmdir(f.path), 0);
    assert_int_equal(missing, 0);
}

static void tells_what_files_get_wrong_together(void **state)
{
    (void)state;
    static const char follows[] =
        "ruleset: {id: x-2, title: t, jurisdiction: KR, effective_from: 2020-01-01,\n"
        "  supersedes: %s, source: s, as_of: 2026-01-01}\n";
    char text[300];
    struct folder f;
    struct findings found;
    open_folder(&f);
    write_file(&f, "a.yaml", HEAD);
    write_file(&f, "b.yaml", HEAD);
    assert_null(load(&f, &found));
    assert_true(has(&found, "b.yaml:1:1", "the rule set x-1 is also in "));
    snprintf(text, sizeof text, follows, "y-1");
    write_file(&f, "b.yaml", text);
    assert_null(load(&f, &found));
    assert_true(has(&found, "b.yaml:2:15", "there is no rule set y-1; did you mean x-1?"));
    snprintf(text, sizeof text, follows, "x-1");
    write_file(&f, "b.yaml", text);
    assert_null(load(&f, &found));
    assert_true(has(&found, "b.yaml:2:15", "x-1 is not older than this set"));
    remove_file(&f, "a.yaml");
    remove_file(&f, "b.yaml");
    assert_int_equal(rmdir(f.path), 0);
}

static void ends_at_the_first_error_without_a_listener(void **state)
{
    (void)state;
    struct folder f;
    struct error first = {0};
    struct problems problems = {.first = &first};
    struct law *l = NULL;
    open_folder(&f);
    write_file(&f, "a.yaml", "ruleset: {id: x}\n");
    assert_int_equal(law_load(f.path, &problems, &l), ERR_CONFIG);
    assert_null(l);
    assert_non_null(strstr(first.text, "a.yaml:1:1: "));
    remove_file(&f, "a.yaml");
    assert_int_equal(rmdir(f.path), 0);
    assert_int_equal(law_load(f.path, &problems, &l), ERR_CONFIG);
}

static void knows_its_rule_sets_by_name(void **state)
{
    (void)state;
    struct law *l = load_shipped_law();
    assert_true(law_has(l, "kr-pipa-34-1"));
    assert_false(law_has(l, "kr-pipa-34"));
    assert_string_equal(law_closest(l, "eu-gdrp-34"), "eu-gdpr-34");
    assert_true(law_never_blocks(l, "legal-kr-pipa-34-1:KR10"));
    assert_false(law_never_blocks(l, "legal-kr-pipa-34-1:KR1"));
    assert_false(law_never_blocks(l, "sms-parts"));
    law_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_a_file_is_wrong),
        cmocka_unit_test(tells_what_files_get_wrong_together),
        cmocka_unit_test(ends_at_the_first_error_without_a_listener),
        cmocka_unit_test(knows_its_rule_sets_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
