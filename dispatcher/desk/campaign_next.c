/*
 * The next issue of a series: the files of the last one with what must be different changed, and
 * nothing else. Whole lines are edited, so comments and order stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/problems.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "campaign/fact_sheet_read.h"
#include "cli/say.h"
#include "desk/campaign_ask.h"
#include "desk/command_list.h"
#include "model/json.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number(const char *at, size_t digits, int min, int max)
{
    if (strspn(at, "0123456789") != digits)
        return false;
    long value = strtol(at, NULL, 10);
    return value >= min && value <= max;
}

/* Is the number there part of "2026", "2026-12" or "2026-12-24"? `from` is where it begins. */
static bool is_date(const char *text, size_t from)
{
    static const size_t parts[] = {0, 5, 8}; /* year, month, day */
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const char *at = text + from - parts[i];
        if (from < parts[i] || !is_number(at, 4, 1900, 2099))
            continue;
        if (i == 0 || (at[4] == '-' && is_number(at + 5, 2, 1, 12) &&
                       (i == 1 || (at[7] == '-' && is_number(at + 8, 2, 1, 31)))))
            return true;
    }
    return false;
}

/* "weekly-3" -> "weekly-4", "facts-09.yaml" -> "facts-10.yaml", "news" -> "news-2": the last number
 * before `ending`. A date in a name is none: "2026-12-parcels" -> "2026-12-parcels-2". */
static char *count_on(const char *text, const char *ending, bool dated)
{
    struct buf out = {0};
    size_t end = strlen(text) - (text_ends_with(text, ending) ? strlen(ending) : 0), to = end;
    while (to > 0 && !is_digit(text[to - 1]) && text[to - 1] != '/')
        to--;
    size_t from = to;
    while (from > 0 && is_digit(text[from - 1]) && to - from < 9)
        from--;
    if (from == to || (dated && is_date(text, from))) {
        buf_printf(&out, "%.*s-2%s", (int)end, text, text + end);
        return buf_steal(&out);
    }
    long number = strtol(text + from, NULL, 10);
    buf_printf(&out, "%.*s%0*ld%s", (int)from, text, (int)(to - from), number + 1, text + to);
    return buf_steal(&out);
}

/* ---- lines ---- */

/* What a line of the copy becomes. */
struct edit {
    const char *key;  /* with its indentation */
    const char *text; /* "": it becomes a comment, with all that belongs to it */
    bool done;
};

static bool edits(const struct edit *e, const char *line, size_t len)
{
    size_t key = strlen(e->key);
    return len > key && strncmp(line, e->key, key) == 0 && line[key] == ':';
}

/* Of what stands above it: an item of its list, or deeper. */
static bool belongs(const char *line, size_t len)
{
    return len > 0 && (line[0] == ' ' || line[0] == '-');
}

/* True: what belongs to it becomes a comment as well. */
static bool put_line(const char *line, size_t len, struct edit *all, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].done || !edits(&all[i], line, len))
            continue;
        all[i].done = true;
        if (all[i].text[0] == '\0')
            buf_printf(out, "# %.*s\n", (int)len, line);
        else
            buf_printf(out, "%s: %s\n", all[i].key, all[i].text);
        return all[i].text[0] == '\0';
    }
    buf_put(out, line, len);
    buf_putc(out, '\n');
    return false;
}

static void edit_text(const struct buf *text, struct edit *all, size_t count, struct buf *out)
{
    const char *at = buf_text(text), *end = at + text->len;
    bool struck = false;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);
        struck = struck && belongs(at, len);
        if (struck)
            buf_printf(out, "# %.*s\n", (int)len, at);
        else
            struck = put_line(at, len, all, count, out);
        at += len + 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (!all[i].done && strcmp(all[i].key, "supersedes") == 0)
            buf_printf(out, "%s: %s\n", all[i].key, all[i].text);
    }
}

/* ---- files ---- */

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Never over another one. */
static int write_new(const char *path, const struct buf *text, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return error_set(err, ERR_CONFLICT, "%s is there already; it is not overwritten", path);
    if (fd < 0)
        return error_errno(err, ERR_IO, "cannot write %s", path);
    int rc = file_write_all(fd, text->data, text->len, path, err);
    close(fd);
    return rc;
}

static int copy_edited(const char *from, const char *to, struct edit *all, size_t count,
                       struct error *err)
{
    struct buf text = {0}, out = {0};
    int rc = file_read_path(from, FILE_MAX, &text, err);
    if (rc == 0) {
        edit_text(&text, all, count, &out);
        rc = write_new(to, &out, err);
    }
    buf_free(&text);
    buf_free(&out);
    return rc;
}

/* ---- the sheet ---- */

static void tell_nobody(void *context UNUSED, const struct problem *p UNUSED)
{
}

/* The number of the issue as the sheet writes it, one more; empty: it has none. */
static void find_issue(const char *path, struct buf *out, struct error *ignored)
{
    struct buf text = {0};
    const char *at;
    if (file_read_path(path, FILE_MAX, &text, ignored) == 0 &&
        (at = strstr(buf_text(&text), "\n  issue:")) != NULL)
        buf_printf(out, "%ld", strtol(at + strlen("\n  issue:"), NULL, 10) + 1);
    buf_free(&text);
}

static int copy_sheet(const char *from, const char *to, struct error *err)
{
    struct problems quiet = {.tell = tell_nobody};
    struct fact_sheet *sheet = NULL;
    struct buf version = {0}, issue = {0};
    char now[CLOCK_TEXT_SIZE];
    struct error ignored;
    if (fact_sheet_read(from, &quiet, &sheet) != 0)
        return error_set(err, ERR_INPUT, "%s has mistakes: dispatcher facts check %s", from, from);
    buf_printf(&version, "%d", sheet->version + 1);
    find_issue(from, &issue, &ignored);
    fact_sheet_free(sheet);
    struct edit all[] = {{"version", buf_text(&version), false},
                         {"supersedes", name_in(from), false},
                         {"valid_from", clock_format_rfc3339(clock_wall_ms(), now), false},
                         {"  issue", buf_text(&issue), issue.len == 0}};
    int rc = copy_edited(from, to, all, COUNT_OF(all), err);
    buf_free(&version);
    buf_free(&issue);
    return rc;
}

/* ---- the campaign ---- */

struct next {
    const struct campaign *last;
    char *file, *id, *facts, *reference;
};

static int copy_campaign(const struct next *n, struct error *err)
{
    struct edit all[] = {
        {"campaign", n->id, false},
        {"facts", n->facts != NULL ? name_in(n->facts) : "", n->facts == NULL},
        {"supersedes", name_in(n->last->file), false},
        {"reference", n->reference != NULL ? n->reference : "", n->reference == NULL},
        {"send_at", "", false},
        {"expires_at", "", false},
        /* Granted for that notice, by two people who knew it. */
        {"exemptions", "", false},
    };
    return copy_edited(n->last->file, n->file, all, COUNT_OF(all), err);
}

static void plan(const struct campaign *last, struct next *out)
{
    bool counted = last->reference != NULL && strcmp(last->reference, "auto") != 0;
    *out = (struct next){
        .last = last,
        .file = count_on(last->file, ".yaml", true),
        .id = count_on(last->id, "", true),
        .facts = last->facts != NULL ? count_on(last->facts, ".yaml", true) : NULL,
        .reference = counted ? count_on(last->reference, "", false) : NULL,
    };
}

static int make(const struct campaign *last, struct next *n, struct error *err)
{
    plan(last, n);
    if (access(n->file, F_OK) == 0)
        return error_set(err, ERR_CONFLICT, "%s is there already; it is not overwritten", n->file);
    int rc = last->facts != NULL ? copy_sheet(last->facts, n->facts, err) : 0;
    return rc == 0 ? copy_campaign(n, err) : rc;
}

/* A file, or the name of a campaign that was sent or approved. */
static int find_file(const struct invocation *inv, char **out, struct error *err)
{
    const char *name = argument_at(inv, 0);
    struct session s = {0};
    struct json_t *row = NULL;
    *out = NULL;
    if (campaign_is_file(name)) {
        *out = xstrdup(name);
        return 0;
    }
    if (text_ends_with(name, ".yaml") || text_ends_with(name, ".yml"))
        return error_set(err, ERR_NOT_FOUND, "%s does not exist", name);
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = campaign_ask_row(&s, name, &row, err);
    const char *file = json_get_text(row, "file", NULL);
    if (rc == 0 && file == NULL)
        rc = error_set(err, ERR_NOT_FOUND, "nobody knows the file of %s: name it", name);
    if (rc == 0)
        *out = xstrdup(file);
    json_free(row);
    session_close(&s);
    return rc;
}

static void print_json(const struct next *n)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"campaign\":");
    buf_put_json(&out, n->id);
    buf_puts(&out, ",\"file\":");
    buf_put_json(&out, n->file);
    buf_puts(&out, ",\"facts\":");
    buf_put_json(&out, n->facts);
    buf_puts(&out, ",\"exemptions\":[");
    for (size_t i = 0; i < n->last->exemption_count; i++) {
        buf_puts(&out, i > 0 ? "," : "");
        buf_put_json(&out, n->last->exemptions[i].rule);
    }
    printf("%s]}\n", buf_text(&out));
    buf_free(&out);
}

/* What was set aside for the last notice is not set aside for this one. */
static void tell_exemptions(const struct invocation *inv, const struct next *n)
{
    for (size_t i = 0; i < n->last->exemption_count; i++) {
        const struct exemption *e = &n->last->exemptions[i];
        struct buf by = {0};
        for (size_t k = 0; k < e->by_count; k++)
            buf_printf(&by, "%s%s", k > 0 ? ", " : "", e->by[k]);
        say(inv, stderr,
            "The exemption from %s was granted for the last issue (%s) and does not hold for this "
            "one: it stands there as a comment. If this one needs it, have it granted anew.\n",
            e->rule != NULL ? e->rule : "?", buf_text(&by));
        buf_free(&by);
    }
}

static void tell(const struct invocation *inv, const struct next *n)
{
    if (invocation_json(inv)) {
        print_json(n);
        return;
    }
    printf("%s\n", n->file);
    if (n->facts != NULL)
        printf("%s\n", n->facts);
    fflush(stdout);
    tell_exemptions(inv, n);
    say(inv, stderr,
        "Write what is new, set send_at, then: dispatcher check %s. It tells which paragraphs are "
        "still those of the last issue.\n",
        n->file);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct problems quiet = {.tell = tell_nobody};
    struct campaign *last = NULL;
    struct next n = {0};
    char *file = NULL;
    int rc = find_file(inv, &file, err);
    if (rc == 0 && campaign_read(file, &quiet, &last) != 0)
        rc = error_set(err, ERR_INPUT, "%s cannot be read: dispatcher check %s", file, file);
    if (rc == 0)
        rc = make(last, &n, err);
    if (rc == 0)
        tell(inv, &n);
    free(n.file);
    free(n.id);
    free(n.facts);
    free(n.reference);
    campaign_free(last);
    free(file);
    return rc;
}

const struct command command_campaign_next = {
    .name = "campaign next",
    .arguments = "NAME | FILE",
    .summary = "the next issue of a series, with the last one as its draft",
    .details =
        "  dispatcher campaign next weekly-3\n"
        "  dispatcher campaign next campaign-4-progress.yaml\n\n"
        "Copies campaign.yaml and its fact sheet beside the last ones, with the number in their "
        "names counted on (weekly-3\n"
        "becomes weekly-4, 2026-12-parcels with its date 2026-12-parcels-2), `version` and `issue` "
        "one higher, `supersedes` on the last ones, and "
        "without the time at which\n"
        "the last one left. Comments stay, and nothing is overwritten. Exemptions were granted "
        "for the last notice: they become\n"
        "comments. `dispatcher check` then says, for each language, which paragraphs did not "
        "change.\n\n"
        "Prints the new files, one per line.\n\n"
        "JSON, one object: v, campaign, file, facts (null: it has no sheet), exemptions (rules "
        "that are "
        "not\n"
        "set aside any more).",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
