#include "desk/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "cli/say.h"
#include "engine/setup.h"
#include "letters/preview_source.h"
#include "letters/preview_write.h"
#include "model/campaign.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "render/library_look.h"

#define DEPTH_MAX 12

struct making {
    const struct invocation *inv;
    const char *name;
    struct setup *setup;
    int template_index;
    struct library_notice notice;
    struct job *sample; /* of the letter; NULL: it has none */
    char *directory;
};

/* ---- campaign.yaml ---- */

static void put_languages(const struct making *m, struct buf *out)
{
    const char *const *tags = library_template_locales(m->setup->library, m->template_index);
    for (size_t i = 0; tags[i] != NULL; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", tags[i]);
}

static void put_channels(const struct making *m, struct buf *out)
{
    const char *sep = "";
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (kind == CHANNEL_WEBHOOK || !m->notice.channels[kind])
            continue;
        buf_printf(out, "%s%s", sep, channel_kind_name((enum channel_kind)kind));
        sep = ", ";
    }
}

static void put_campaign(const struct making *m, struct buf *out)
{
    buf_printf(
        out,
        "# What is sent, to whom, and who must agree. Whatever stands behind # is a note for "
        "you.\n"
        "# Is it right?    dispatcher check %s/campaign.yaml\n"
        "# To yourself:    dispatcher test-send %s/campaign.yaml --to me\n"
        "# Who gets what:  dispatcher send %s/campaign.yaml --dry-run\n"
        "schema: 1\n"
        "campaign: %s\n"
        "template: %s\n",
        m->directory, m->directory, m->directory, m->name, m->notice.name);
    buf_printf(out,
               "kind: %-22s # possibility, initial, confirmed, supplement, progress, all_clear, "
               "none\n"
               "category: %-18s # breach_notice, service_notice, ad, newsletter\n"
               "facts: facts.yaml           # what happened: the letters take it from there\n",
               m->notice.kind != NULL ? m->notice.kind : "none",
               m->notice.category != NULL ? m->notice.category : "service_notice");
    buf_puts(out, "languages: [");
    put_languages(m, out);
    buf_puts(out, "]\nchannels: [");
    put_channels(m, out);
    buf_puts(
        out,
        "]       # the first one for which a person has an address\n"
        "cohorts: {everybody: people.csv}   # groups that are told different things have a table "
        "each\n"
        "approvals: [comms, legal]   # who must agree; one of them must be somebody else than you\n"
        "\n"
        "# When. Without send_at it leaves as soon as you send it.\n"
        "# send_at: 2027-01-31T09:00:00+01:00\n"
        "# expires_at: 2027-02-07T09:00:00+01:00    # what has not left by then does not leave\n"
        "# window: 08:00-21:00       # hours where the reader lives\n"
        "\n"
        "# How fast, and when it stops.\n"
        "# canary: {first: 500, then: look}         # 500 people first, then it waits for you\n"
        "# waves: {people: 20000, every: 1h}        # so that your telephones are not swamped\n"
        "# halt: {failures: 500, share: 0.05}       # stops by itself when so much fails\n"
        "\n"
        "# reference: auto           # a number for each person, to be quoted on the telephone\n"
        "# supersedes: ../FIRST/campaign.yaml       # the notice this one follows\n");
}

/* ---- facts.yaml ---- */

struct nest {
    struct buf *out;
    int depth;
    bool in_list; /* the first member stands behind the dash */
};

static void put_value(const struct nest *n, const struct json_t *value);

static void indent(const struct nest *n)
{
    for (int i = 0; i < n->depth; i++)
        buf_puts(n->out, "  ");
}

static bool is_nested(const struct json_t *value)
{
    return json_kind_of(value) == JSON_KIND_OBJECT || json_is_list(value);
}

static void put_member(void *context, const char *name, const struct json_t *value)
{
    struct nest *n = context;
    if (!n->in_list)
        indent(n);
    n->in_list = false;
    buf_printf(n->out, "%s:", name);
    const struct nest below = {.out = n->out, .depth = n->depth + 1};
    put_value(&below, value);
}

/* Every value is marked, so that none of somebody else's invented incident is ever sent. */
static void put_leaf(struct buf *out, const struct json_t *value)
{
    struct buf plain = {0}, marked = {0};
    if (!json_put_plain(&plain, value))
        json_put(&plain, value);
    buf_printf(&marked, "TODO %s", buf_text(&plain));
    buf_putc(out, ' ');
    buf_put_json(out, buf_text(&marked));
    buf_putc(out, '\n');
    buf_free(&plain);
    buf_free(&marked);
}

static void put_item(const struct nest *n, const struct json_t *item)
{
    indent(n);
    buf_putc(n->out, '-');
    if (json_kind_of(item) == JSON_KIND_OBJECT) {
        struct nest below = {.out = n->out, .depth = n->depth + 1, .in_list = true};
        buf_putc(n->out, ' ');
        json_walk(item, put_member, &below);
    } else {
        put_leaf(n->out, item);
    }
}

static void put_value(const struct nest *n, const struct json_t *value)
{
    struct nest inner = *n;
    if (!is_nested(value) || n->depth > DEPTH_MAX) {
        put_leaf(n->out, value);
        return;
    }
    buf_putc(n->out, '\n');
    if (!json_is_list(value))
        json_walk(value, put_member, &inner);
    for (size_t i = 0; i < json_count(value); i++)
        put_item(n, json_at(value, i));
}

static const char *certainty_of(const struct making *m)
{
    enum notice_kind kind = NOTICE_NONE;
    if (m->notice.kind != NULL && !notice_kind_parse(m->notice.kind, &kind))
        kind = NOTICE_NONE;
    if (kind == NOTICE_POSSIBILITY)
        return "possible";
    return kind == NOTICE_ALL_CLEAR ? "refuted" : "confirmed";
}

static void put_sheet(const struct making *m, struct buf *out)
{
    char now[CLOCK_TEXT_SIZE];
    bool breach = m->notice.category != NULL && strcmp(m->notice.category, "breach_notice") == 0;
    buf_printf(out,
               "# What happened. The letters take every fact from here, so that no two disagree.\n"
               "# What is marked TODO is an example of another incident: write your own in its "
               "place,\n"
               "# without the word TODO; numbers and dates without quotation marks.\n"
               "# What they mean: docs/facts.md. Is it right?  dispatcher facts check "
               "%s/facts.yaml\n"
               "schema: 1\n"
               "incident: %s\n"
               "version: 1\n"
               "valid_from: %s\n"
               "kind: %-22s # leak, loss, theft, forgery, alteration, damage; none: no personal "
               "data\n"
               "certainty: %-17s # possible, confirmed, refuted\n",
               m->directory, m->name, clock_format_rfc3339(clock_wall_ms(), now),
               breach ? "leak" : "none", certainty_of(m));
    if (breach)
        buf_puts(out, "jurisdictions: [TODO]       # KR, EU, UK, US-CA: where the people live\n"
                      "# times:                    # each with where it is known from\n"
                      "#   aware_at: {at: 2027-01-30T12:00:00+09:00, source: \"second report\"}\n");
    buf_puts(out, "\nfacts:\n");
    if (m->sample != NULL && m->sample->data != NULL) {
        struct nest top = {.out = out, .depth = 1};
        json_walk(m->sample->data, put_member, &top);
    }
    buf_puts(out, "\n# How many they are is checked against the table; leave it out if nobody has "
                  "counted.\n"
                  "cohorts:\n"
                  "  everybody: {}             # {people: 48211}\n");
}

/* ---- people.csv ---- */

static const char people[] =
    "id,name,given_name,family_name,gender,email,phone,locale\r\n"
    "1,Anna Schmidt,Anna,Schmidt,female,anna@example.org,+4915100000001,de\r\n"
    "2,김민준,민준,김,male,minjun@example.org,+821000000002,ko\r\n"
    "3,Alex Whitfield,Alex,Whitfield,,alex@example.org,+447700900003,en\r\n";

/* ---- all of it ---- */

static int refuse_letter(const struct making *m, const char *wanted, struct error *err)
{
    const struct library *l = m->setup->library;
    struct buf names = {0};
    struct error why;
    if (wanted != NULL && library_refuse_letter(l, wanted, &why) != 0)
        return error_set(err, ERR_INPUT, "%s", why.text);
    const char *meant = wanted != NULL ? library_closest_template(l, wanted) : NULL;
    for (size_t i = 0; i < library_template_count(l); i++) {
        struct library_notice n;
        library_template_notice(l, (int)i, &n);
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", n.name);
    }
    int rc;
    if (wanted == NULL)
        rc = error_set(err, ERR_USAGE,
                       "which letter? Add --template and one of %s; templates/README.md says when "
                       "to send each, and `dispatcher new` begins another one",
                       buf_text(&names));
    else
        rc = error_set(err, ERR_NOT_FOUND, "there is no letter \"%s\"; %s%s%s", wanted,
                       meant != NULL ? "did you mean \"" : "there are ",
                       meant != NULL ? meant : buf_text(&names), meant != NULL ? "\"?" : "");
    buf_free(&names);
    return rc;
}

static int read_sample(struct making *m, struct error *err)
{
    const char *directory =
        library_template_directory(m->setup->library, (size_t)m->template_index);
    char *path = preview_find_fixture(directory, NULL);
    struct buf text = {0};
    int rc = path != NULL ? file_read_path(path, JOB_TEXT_MAX, &text, err) : 0;
    if (rc == 0 && path != NULL)
        rc = job_parse_fixture(text.data, text.len, path, &m->sample, err);
    buf_free(&text);
    free(path);
    return rc;
}

static int load(struct making *m, struct error *err)
{
    struct config_options options = *invocation_config(m->inv);
    const char *wanted = option_value(m->inv, "template");
    const char *parent = option_value(m->inv, "dir");
    options.without_secrets = true;
    m->directory = file_join(parent != NULL ? parent : "campaigns", m->name);
    int rc = setup_load_drafts(&options, &m->setup, err);
    if (rc != 0)
        return rc;
    m->template_index = wanted != NULL ? library_find_template(m->setup->library, wanted) : -1;
    if (m->template_index < 0)
        return refuse_letter(m, wanted, err);
    library_template_notice(m->setup->library, m->template_index, &m->notice);
    return read_sample(m, err);
}

static int write_one(const struct making *m, const char *name, struct buf *text, struct error *err)
{
    char *path = file_join(m->directory, name);
    int rc = preview_write_file(path, text, false, err);
    buf_free(text);
    free(path);
    return rc;
}

static int make(const struct making *m, struct error *err)
{
    struct buf campaign = {0}, sheet = {0}, table = {0};
    struct stat facts;
    if (lstat(m->directory, &facts) == 0)
        return error_set(err, ERR_CONFLICT, "%s is there already; nothing was written",
                         m->directory);
    put_campaign(m, &campaign);
    put_sheet(m, &sheet);
    buf_puts(&table, "\xEF\xBB\xBF"); /* so that spreadsheets read it as UTF-8 */
    buf_puts(&table, people);
    int rc = write_one(m, "campaign.yaml", &campaign, err);
    if (rc == 0)
        rc = write_one(m, "facts.yaml", &sheet, err);
    if (rc == 0)
        rc = write_one(m, "people.csv", &table, err);
    buf_free(&sheet);
    buf_free(&table);
    return rc;
}

static void tell(const struct making *m)
{
    if (invocation_json(m->inv)) {
        struct buf out = {0};
        buf_puts(&out, "{\"v\":1,\"campaign\":");
        buf_put_json(&out, m->name);
        buf_puts(&out, ",\"directory\":");
        buf_put_json(&out, m->directory);
        printf("%s}\n", buf_text(&out));
        buf_free(&out);
        return;
    }
    say(m->inv, stdout, "Created %s/: campaign.yaml (edit first), facts.yaml, people.csv\n",
        m->directory);
    say(m->inv, stderr,
        "Write what is marked TODO, and put your people into people.csv. Next: dispatcher check "
        "%s/campaign.yaml\n",
        m->directory);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct making m = {.inv = inv, .name = argument_at(inv, 0)};
    int rc = 0;
    if (!id_valid(m.name, strlen(m.name)) || strlen(m.name) > 64)
        rc = error_set(err, ERR_USAGE,
                       "\"%s\" cannot be the name of a campaign; use letters, digits, - and _, at "
                       "most 64, like 2027-01-outage",
                       m.name);
    if (rc == 0)
        rc = load(&m, err);
    if (rc == 0)
        rc = make(&m, err);
    if (rc == 0)
        tell(&m);
    job_free(m.sample);
    setup_release(m.setup);
    free(m.directory);
    return rc;
}

static const struct option_row options[] = {
    {"template", 0, "LETTER", "the letter that is sent"},
    {"dir", 0, "DIR", "where its folder is made (default: campaigns)"},
};

const struct command command_campaign_new = {
    .name = "campaign new",
    .arguments = "NAME --template LETTER",
    .summary = "begin a campaign: its file, its facts and a table of people, with comments",
    .details =
        "  dispatcher campaign new 2027-01-outage --template service-restored\n\n"
        "Makes campaigns/NAME with campaign.yaml, facts.yaml and people.csv. The facts are those "
        "the\n"
        "letter asks for, each with an example marked TODO; nothing is sent while one is left.\n\n"
        "JSON, one object: v, campaign, directory.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
