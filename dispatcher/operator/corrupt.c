/* What could not be taken in: list, explain, release. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cli/cure.h"
#include "cli/limit.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "letters/check_report.h"
#include "model/json.h"
#include "operator/command_list.h"

#define SHOWN_BYTES  90
#define PLACE_DIGITS 9 /* of a line or column in a reason */

struct lying {
    char *name, *line; /* its row as JSON */
};

struct heap {
    struct lying *at;
    size_t count;
};

static void take_row(void *context, const struct json_t *row)
{
    struct heap *h = context;
    struct buf line = {0};
    output_put_row(&line, row);
    h->at = xreallocarray(h->at, h->count + 1, sizeof(*h->at));
    h->at[h->count++] =
        (struct lying){.name = xstrdup(json_get_text(row, "name", "")), .line = buf_steal(&line)};
}

static int compare(const void *a, const void *b)
{
    const struct lying *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void free_heap(struct heap *h)
{
    for (size_t i = 0; i < h->count; i++) {
        free(h->at[i].name);
        free(h->at[i].line);
    }
    free(h->at);
}

static void put_released(const struct json_t *end, struct buf *rows)
{
    buf_puts(rows, "{\"v\":1");
    request_put_text(rows, "name", json_get_text(end, "name", ""));
    request_put_text(rows, "kind", json_get_text(end, "kind", ""));
    request_put_text(rows, "id", json_get_text(end, "id", ""));
    buf_puts(rows, "}\n");
}

static int ask(struct session *s, const char *verb, const char *name, const char *reason,
               struct buf *rows, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, verb);
    request_put_text(&request, "name", name);
    request_put_text(&request, "reason", reason);
    buf_putc(&request, '}');
    int rc = session_ask(s, request.data, rows, &end, err);
    if (rc == 0 && strcmp(verb, "corrupt") != 0)
        put_released(end, rows);
    json_free(end);
    buf_free(&request);
    return rc;
}

/* ---- list ---- */

/* The first line of it, as much as a table bears. */
static void put_short(const char *reason, struct buf *out)
{
    size_t len = strcspn(reason, "\n");
    bool cut = len > SHOWN_BYTES;
    if (cut)
        len = SHOWN_BYTES;
    while (cut && len > 0 && ((unsigned char)reason[len] & 0xc0) == 0x80)
        len--;
    buf_put(out, reason, len);
    if (cut)
        buf_puts(out, "…");
}

struct listing {
    const struct invocation *inv;
    struct table table;
};

static void add_cells(void *context, const struct json_t *row)
{
    struct listing *l = context;
    struct table *t = &l->table;
    char when[64];
    struct buf spoken = {0}, reason = {0};
    say_put_sentence(l->inv, &spoken, json_get_text(row, "reason", ""));
    put_short(buf_text(&spoken), &reason);
    table_cell(t, json_get_text(row, "name", NULL));
    table_cell(t, say_word(l->inv, json_get_text(row, "kind", "-")));
    table_count(t, json_get_int(row, "bytes", 0));
    table_cell(t, output_time(json_get_text(row, "since", NULL), when, sizeof(when)));
    table_cell(t, buf_text(&reason));
    buf_free(&spoken);
    buf_free(&reason);
}

static void each_line(const struct heap *h, void (*fn)(void *, const struct json_t *),
                      void *context)
{
    struct buf lines = {0};
    for (size_t i = 0; i < h->count; i++)
        buf_printf(&lines, "%s\n", h->at[i].line);
    output_each_line(&lines, fn, context);
    buf_free(&lines);
}

static void print_list(const struct invocation *inv, const struct heap *h)
{
    const char *const heads[] = {say_word(inv, "NAME"), say_word(inv, "KIND"),
                                 say_word(inv, "BYTES"), say_word(inv, "SINCE"),
                                 say_word(inv, "REASON")};
    struct listing l = {.inv = inv};
    if (h->count == 0) {
        say(inv, stderr, "Nothing was set aside: corrupt/ is empty.\n");
        return;
    }
    table_begin(&l.table, heads, COUNT_OF(heads));
    each_line(h, add_cells, &l);
    table_end(&l.table);
    say(inv, stderr, "The whole of one, and what to do: dispatcher corrupt explain NAME\n");
}

/* Returns how many are gone. */
static int64_t leave_first(struct heap *h, int64_t limit)
{
    int64_t gone = 0;
    for (; h->count > 0 && (int64_t)h->count > limit; gone++) {
        h->count--;
        free(h->at[h->count].name);
        free(h->at[h->count].line);
    }
    return gone;
}

static int run_list(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct heap heap = {0};
    struct buf rows = {0};
    int64_t limit;
    int rc = limit_read(inv, &limit, err);
    if (rc != 0)
        return rc;
    rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = ask(&s, "corrupt", NULL, NULL, &rows, err);
    if (rc == 0)
        output_each_line(&rows, take_row, &heap);
    if (heap.count > 0)
        qsort(heap.at, heap.count, sizeof(*heap.at), compare);
    int64_t gone = leave_first(&heap, limit);
    for (size_t i = 0; rc == 0 && invocation_json(inv) && i < heap.count; i++)
        printf("%s\n", heap.at[i].line);
    if (rc == 0 && !invocation_json(inv))
        print_list(inv, &heap);
    if (rc == 0 && !invocation_json(inv))
        limit_tell_more(inv, gone);
    free_heap(&heap);
    buf_free(&rows);
    session_close(&s);
    return rc;
}

/* ---- explain ---- */

struct explanation {
    const struct invocation *inv;
    const char *spool;
};

/* ":12" at *at, which moves behind it; false: that does not stand there. */
static bool read_number(const char **at, int64_t *out)
{
    char digits[PLACE_DIGITS + 1];
    size_t len = **at == ':' ? strspn(*at + 1, "0123456789") : 0;
    if (len == 0 || len > PLACE_DIGITS)
        return false;
    memcpy(digits, *at + 1, len);
    digits[len] = '\0';
    *at += 1 + len;
    return text_parse_int(digits, out);
}

/* ":12:5: " of a reason; false: it names no place. */
static bool find_place(const char *reason, int64_t *line, int64_t *column)
{
    for (const char *at = strchr(reason, ':'); at != NULL; at = strchr(at + 1, ':')) {
        const char *behind = at;
        if (read_number(&behind, line) && read_number(&behind, column))
            return true;
    }
    return false;
}

/* Its reason speaks of new/, where it does not lie any more. */
static void print_source(const struct explanation *e, const struct json_t *row)
{
    struct buf position = {0};
    int64_t line = 0, column = 0;
    const char *reason = json_get_text(row, "reason", ""), *part = "";
    if (!find_place(reason, &line, &column))
        return;
    if (text_equal(json_get_text(row, "kind", ""), "batch"))
        part = strstr(reason, "notices.jsonl:") != NULL ? "/notices.jsonl" : "/batch.json";
    buf_printf(&position, "%s/corrupt/%s%s:%" PRId64 ":%" PRId64, e->spool,
               json_get_text(row, "name", ""), part, line, column);
    check_report_source(buf_text(&position));
    buf_free(&position);
}

/* A notice is called as its id: a file that keeps its old name would be refused again. */
static bool has_taken_id(const struct json_t *row)
{
    return text_equal(json_get_text(row, "kind", ""), "notice") &&
           strstr(json_get_text(row, "reason", ""), "already used for other content") != NULL;
}

static void print_way(const struct explanation *e, const struct json_t *row)
{
    struct buf name = {0}, path = {0};
    const char *kind = json_get_text(row, "kind", ""), *own = json_get_text(row, "name", "");
    cure_put_word(&name, own);
    buf_printf(&path, "%s/corrupt/%s", e->spool, own);
    if (text_equal(kind, "other") || json_get_text(row, "id", NULL) == NULL)
        say(e->inv, stdout,
            "It is neither a notice nor a batch and cannot be taken in. Tell whoever put it into "
            "new/, and remove %s.\n",
            buf_text(&path));
    else if (has_taken_id(row))
        say(e->inv, stdout,
            "Hand it over again where it came from under a new id, and remove %s; or write the new "
            "id into its text and give the file that name (ID.json), then: dispatcher corrupt "
            "release ID.json\n",
            buf_text(&path));
    else
        say(e->inv, stdout,
            "Hand it over again where it came from, corrected and under a new id, and remove %s; "
            "or correct it there and let it be taken in: dispatcher corrupt release %s\n",
            buf_text(&path), buf_text(&name));
    buf_free(&name);
    buf_free(&path);
}

static void explain(void *context, const struct json_t *row)
{
    const struct explanation *e = context;
    char when[64], number[OUTPUT_NUMBER_SIZE];
    struct buf reason = {0}, spoken = {0};
    const char *text = json_get_text(row, "reason", "");
    text_put_visible(&reason, text, strlen(text));
    say_put_error(&spoken, buf_text(&reason));
    say(e->inv, stdout, "%s (%s, %s bytes) was set aside at %s.\n", json_get_text(row, "name", ""),
        say_word(e->inv, json_get_text(row, "kind", "")),
        output_number(json_get_int(row, "bytes", 0), number),
        output_time(json_get_text(row, "since", NULL), when, sizeof(when)));
    printf("%s\n", buf_text(&spoken));
    print_source(e, row);
    print_way(e, row);
    buf_free(&spoken);
    buf_free(&reason);
}

static int run_explain(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0};
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = ask(&s, "corrupt", argument_at(inv, 0), NULL, &rows, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0) {
        struct explanation e = {.inv = inv, .spool = s.settings->spool};
        output_each_line(&rows, explain, &e);
    }
    buf_free(&rows);
    session_close(&s);
    return rc;
}

/* ---- release ---- */

static int run_release(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0};
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++) {
        buf_reset(&rows);
        rc = ask(&s, "release_corrupt", argument_at(inv, i), option_value(inv, "reason"), &rows,
                 err);
        if (rc != 0)
            break;
        if (invocation_json(inv))
            fwrite(buf_text(&rows), 1, rows.len, stdout);
        else
            say(inv, stdout,
                "%s is back in new/. If it is still wrong it comes back to corrupt/ with the "
                "reason.\n",
                argument_at(inv, i));
    }
    buf_free(&rows);
    session_close(&s);
    return rc;
}

static const struct option_row release_options[] = {
    {"reason", 0, "TEXT", "why, for the record"},
};

static const struct option_row list_options[] = {LIMIT_FIRST};

const struct command command_corrupt_list = {
    .name = "corrupt list",
    .arguments = "",
    .summary = "what could not be taken in, and why",
    .details =
        "  dispatcher corrupt list\n\n"
        "Files and batches that were dropped into new/ and refused lie in the spool's corrupt/ "
        "until a person decides.\n\n"
        "JSON, one object per entry: v, name, kind (notice, batch or other), id (null: it had "
        "none), bytes, since, reason.",
    .options = list_options,
    .option_count = COUNT_OF(list_options),
    .run = run_list,
};

const struct command command_corrupt_explain = {
    .name = "corrupt explain",
    .arguments = "NAME",
    .summary = "why one could not be taken in, with the line it is about, and what to do",
    .details = "  dispatcher corrupt explain recall_c17.json\n\n"
               "The whole reason, the line of the file and a mark below the place.\n\n"
               "JSON: the object of `dispatcher corrupt list`.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_explain,
};

const struct command command_corrupt_release = {
    .name = "corrupt release",
    .arguments = "NAME...",
    .summary = "put it back to new/, after it was corrected",
    .details =
        "  dispatcher corrupt release recall_c17.json --reason \"priority corrected\"\n\n"
        "It is handed over again as it lies there, and its reason goes. Refused if its id is in "
        "use. Recorded (dispatcher actions).\n"
        "What is still wrong comes back with a new reason.\n\n"
        "JSON, one object per name: v, name, kind, id.",
    .options = release_options,
    .option_count = COUNT_OF(release_options),
    .arguments_min = 1,
    .arguments_max = 100,
    .run = run_release,
};
