#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/yaml.h"
#include "cli/say.h"
#include "law/sections.h"
#include "letters/check_report.h"
#include "letters/command_list.h"
#include "letters/legal.h"
#include "letters/new_copy.h"
#include "letters/new_skeleton.h"
#include "letters/preview_json.h"
#include "letters/preview_write.h"
#include "model/fact_value.h"
#include "model/job.h"
#include "model/json.h"
#include "people/facts_job.h"

#define PATTERN_MAX ((size_t)1024 * 1024)

struct making {
    const struct invocation *inv;
    const char *name;
    struct settings *settings;
    struct law *law;
    char *pattern;              /* folder of the skeleton */
    char *directory;            /* of the new letter */
    struct skeleton_words sets; /* rule sets */
    enum notice_kind kind;
    struct skeleton_words wanted;
};

/* ---- what is wanted ---- */

static int check_name(const char *name, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (*name == '\0' || name[strspn(name, letters)] != '\0' || *name == '-')
        return error_set(err, ERR_USAGE,
                         "\"%s\" cannot be the name of a letter; use a-z, 0-9 and -", name);
    return 0;
}

static int add_set(struct making *m, const char *id, struct error *err)
{
    const char *meant = law_closest(m->law, id);
    skeleton_words_add(&m->sets, "", id);
    if (law_has(m->law, id))
        return 0;
    return error_set(err, ERR_NOT_FOUND, "there is no rule set \"%s\" in %s%s%s%s", id,
                     m->settings->law, meant != NULL ? "; did you mean \"" : "",
                     meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
}

static int read_sets(struct making *m, struct error *err)
{
    const char *value = option_value(m->inv, "profile");
    char *list = value != NULL ? xstrdup(value) : NULL, *rest = list, *one;
    int rc = 0;
    while (rc == 0 && (one = strsep(&rest, ", ")) != NULL)
        rc = *one != '\0' ? add_set(m, one, err) : 0;
    free(list);
    return rc;
}

static bool all_admit(const struct making *m, enum notice_kind kind)
{
    bool admitted = true;
    for (size_t i = 0; i < m->sets.count; i++)
        admitted = admitted && law_admits_kind(m->law, m->sets.items[i], kind);
    return admitted;
}

static int wanted_kind(struct making *m, const char *wanted, struct error *err)
{
    if (!notice_kind_parse(wanted, &m->kind) || m->kind == NOTICE_NONE)
        return error_set(err, ERR_USAGE,
                         "--kind is possibility, initial, confirmed, supplement, progress, "
                         "all_clear or public_notice, not \"%s\"",
                         wanted);
    if (!all_admit(m, m->kind))
        return error_set(err, ERR_USAGE, "not every rule set of --profile is about a notice \"%s\"",
                         wanted);
    return 0;
}

/* Without --kind: the full notice, or what else all of the rule sets are about. */
static int choose_kind(struct making *m, struct error *err)
{
    static const enum notice_kind kinds[] = {NOTICE_CONFIRMED,  NOTICE_INITIAL,  NOTICE_POSSIBILITY,
                                             NOTICE_SUPPLEMENT, NOTICE_PROGRESS, NOTICE_ALL_CLEAR,
                                             NOTICE_PUBLIC};
    const char *wanted = option_value(m->inv, "kind");
    if (wanted != NULL)
        return wanted_kind(m, wanted, err);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        m->kind = kinds[i];
        if (all_admit(m, m->kind))
            return 0;
    }
    return error_set(err, ERR_USAGE,
                     "no kind of notice fits all rule sets of --profile; make a "
                     "letter for each");
}

static void want_section(void *context, const struct law_section *s)
{
    struct making *m = context;
    skeleton_words_add(&m->wanted, "#", s->section);
}

/* What a letter tells people even where no law asks for it. */
static void want_words(struct making *m)
{
    static const char *const always[] = {"#nature", "#measures", "#self_help"};
    bool is_notice = m->sets.count > 0 || option_given(m->inv, "kind");
    for (size_t i = 0; i < COUNT_OF(always); i++)
        skeleton_words_add(&m->wanted, "", always[i]);
    for (size_t i = 0; i < m->sets.count; i++) {
        skeleton_words_add(&m->wanted, "", m->sets.items[i]);
        law_each_section(m->law, m->sets.items[i], m->kind, want_section, m);
    }
    if (is_notice) {
        skeleton_words_add(&m->wanted, "", "profile");
        skeleton_words_add(&m->wanted, "", notice_kind_name(m->kind));
    }
}

/* ---- the files ---- */

struct note {
    const char *id;
    size_t len;
    struct buf *out;
};

static void put_rule(void *context, const struct law_section *s)
{
    const struct note *n = context;
    if (strlen(s->section) == n->len && memcmp(s->section, n->id, n->len) == 0)
        buf_printf(n->out, "{{! %s %s: %s [%s] }}\n", s->ruleset, s->rule, s->about, s->source);
}

/* Below a heading: which rules ask for what stands there. */
static void put_rules(void *context, const char *id, size_t len, struct buf *out)
{
    const struct making *m = context;
    struct note note = {id, len, out};
    for (size_t i = 0; i < m->sets.count; i++)
        law_each_section(m->law, m->sets.items[i], m->kind, put_rule, &note);
}

static void put_tokens(const struct making *m, struct buf *text)
{
    struct buf sets = {0};
    for (size_t i = 0; i < m->sets.count; i++)
        buf_printf(&sets, "%s%s", i > 0 ? ", " : "", m->sets.items[i]);
    skeleton_replace(text, "@KIND@", notice_kind_name(m->kind));
    skeleton_replace(text, "@LEGAL@", buf_text(&sets));
    buf_free(&sets);
}

static int fill(struct making *m, const char *name, struct buf *out, struct error *err)
{
    char *path = file_join(m->pattern, name);
    struct buf pattern = {0}, taken = {0};
    int rc = file_read_path(path, PATTERN_MAX, &pattern, err);
    if (rc == 0)
        rc = skeleton_filter(&pattern, path, &m->wanted, &taken, err);
    if (rc == 0) {
        put_tokens(m, &taken);
        skeleton_note_headings(&taken, put_rules, m, out);
    }
    buf_free(&pattern);
    buf_free(&taken);
    free(path);
    return rc;
}

static int write_file(const struct making *m, const char *name, const struct buf *text,
                      struct error *err)
{
    char *path = file_join(m->directory, name);
    int rc = preview_write_file(path, text, false, err);
    free(path);
    return rc;
}

/* ---- the sample ---- */

static struct json_t *pick_declared(const struct yaml_node *root, const struct json_t *data)
{
    const struct yaml_node *variables = yaml_get(root, "variables");
    size_t count = variables != NULL ? variables->count : 0;
    const char **names = xcalloc(count + 1, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = variables->items[i]->key;
    struct json_t *picked = fact_value_pick(data, names, count);
    free(names);
    return picked;
}

static void put_sample(const struct job *job, const struct json_t *data, struct buf *out)
{
    struct buf compact = {0};
    facts_job_put(job, data, &compact);
    preview_put_json(out, compact.data, compact.len);
    buf_putc(out, '\n');
    buf_free(&compact);
}

/* Only the facts the new letter declares. */
static int make_sample(const struct making *m, const struct buf *description, struct error *err)
{
    char *path = file_join(m->pattern, "fixtures/sample.json");
    struct buf text = {0}, out = {0};
    struct yaml_node *root = NULL;
    struct job *job = NULL;
    int rc = file_read_path(path, JOB_TEXT_MAX, &text, err);
    if (rc == 0)
        rc = job_parse_fixture(buf_text(&text), text.len, path, &job, err);
    if (rc == 0)
        rc = yaml_parse(buf_text(description), description->len, "template.yaml", 1, &root, err);
    if (rc == 0) {
        struct json_t *picked = pick_declared(root, job->data);
        put_sample(job, picked, &out);
        json_free(picked);
        rc = write_file(m, "fixtures/sample.json", &out, err);
    }
    yaml_free(root);
    job_free(job);
    buf_free(&text);
    buf_free(&out);
    free(path);
    return rc;
}

/* ---- all of it ---- */

static int make_skeleton(struct making *m, struct error *err)
{
    static const char *const letters[] = {"de.md", "ko.md", "en.md"};
    struct buf text = {0};
    int rc = fill(m, "template.yaml", &text, err);
    if (rc == 0)
        rc = write_file(m, "template.yaml", &text, err);
    if (rc == 0)
        rc = make_sample(m, &text, err);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(letters); i++) {
        buf_reset(&text);
        rc = fill(m, letters[i], &text, err);
        if (rc == 0)
            rc = write_file(m, letters[i], &text, err);
    }
    buf_free(&text);
    return rc;
}

static void tell_on_stderr(void *context, const struct problem *p)
{
    const struct making *m = context;
    check_report_line(m->inv, stderr, p);
}

static int load(struct making *m, struct error *err)
{
    struct problems problems = {.tell = tell_on_stderr, .context = m};
    int rc = invocation_load_settings(m->inv, false, &m->settings, err);
    if (rc != 0)
        return rc;
    const char *wanted = option_value(m->inv, "dir");
    m->pattern = file_join(m->settings->templates, "_skeleton");
    m->directory = file_join(wanted != NULL ? wanted : m->settings->templates, m->name);
    if (legal_load(m->inv, m->settings->law, &problems, &m->law) != 0)
        return error_set(err, ERR_CONFIG, "the rules of law in %s cannot be used; see above",
                         m->settings->law);
    return read_sets(m, err);
}

static int check_free(const struct making *m, struct error *err)
{
    struct stat facts;
    if (lstat(m->directory, &facts) != 0)
        return 0;
    return error_set(err, ERR_CONFLICT, "%s is there already; nothing was written", m->directory);
}

static int make(struct making *m, struct error *err)
{
    const char *from = option_value(m->inv, "from");
    int rc = check_free(m, err);
    if (rc == 0 && from != NULL)
        return new_copy(m->settings->templates, from, m->directory, err);
    if (rc == 0)
        rc = choose_kind(m, err);
    if (rc != 0)
        return rc;
    want_words(m);
    return make_skeleton(m, err);
}

static void print_json(const struct making *m)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"letter\":");
    buf_put_json(&out, m->name);
    buf_puts(&out, ",\"directory\":");
    buf_put_json(&out, m->directory);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static void tell_next(const struct making *m)
{
    if (invocation_json(m->inv)) {
        print_json(m);
        return;
    }
    printf("%s\n", m->directory);
    const char *copied = option_value(m->inv, "from");
    if (copied != NULL)
        say(m->inv, stderr,
            "A copy of %s, as a draft. Change what you like; each subject says TODO until you take "
            "that out.\n",
            copied);
    else
        say(m->inv, stderr,
            "Made: template.yaml (edit first), the letters and fixtures. Write what is marked "
            "TODO; `dispatcher check %s` names it.\n",
            m->directory);
    say(m->inv, stderr,
        "Look at it as it grows: dispatcher preview %s --side-by-side. When check finds nothing, "
        "remove draft: true from template.yaml; until then nothing is sent by it.\n",
        m->name);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct making m = {.inv = inv, .name = argument_at(inv, 0)};
    int rc = check_name(m.name, err);
    if (rc == 0 && option_given(inv, "from") &&
        (option_given(inv, "profile") || option_given(inv, "kind")))
        rc = error_set(err, ERR_USAGE,
                       "--from takes over the rules of that letter; give --profile and --kind "
                       "without it");
    if (rc == 0)
        rc = load(&m, err);
    if (rc == 0)
        rc = make(&m, err);
    if (rc == 0)
        tell_next(&m);
    skeleton_words_free(&m.sets);
    skeleton_words_free(&m.wanted);
    law_free(m.law);
    if (m.settings != NULL)
        settings_free(m.settings);
    free(m.settings);
    free(m.pattern);
    free(m.directory);
    return rc;
}

static const struct option_row options[] = {
    {"from", 0, "LETTER", "a copy of this letter, its subjects marked TODO"},
    {"profile", 0, "RULESET,...", "with every section these rules of law ask for"},
    {"kind", 0, "KIND", "possibility, initial, confirmed (default), supplement, all_clear, ..."},
    {"dir", 0, "DIR", "where the folder is made (default: `templates` of the configuration)"},
};

const struct command command_new = {
    .name = "new",
    .arguments = "TEMPLATE",
    .summary = "begin a letter: a folder with a commented text in each language",
    .example = "  dispatcher new outage-apology\n"
               "  dispatcher new outage-de --from status-update\n",
    .details = "Makes template.yaml, de.md, ko.md, en.md and a sample. What is still to be written "
               "is marked TODO,\n"
               "and `dispatcher check` holds the letter back until none is left. Never overwrites.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
