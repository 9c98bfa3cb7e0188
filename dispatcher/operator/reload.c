#include "operator/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

struct changes {
    const struct invocation *inv;
    size_t count;
};

static void print_letter(const struct invocation *inv, const struct json_t *row)
{
    const char *name = json_get_text(row, "letter", "");
    struct buf why = {0};
    say_put_error(&why, json_get_text(row, "reason", ""));
    if (json_get_bool(row, "kept", false))
        say(inv, stderr, "letter %s has a mistake, its version of before stays in use: %s\n", name,
            buf_text(&why));
    else
        say(inv, stderr, "letter %s has a mistake and is left out, what names it waits: %s\n", name,
            buf_text(&why));
    buf_free(&why);
}

static void print_change(void *context, const struct json_t *row)
{
    struct changes *changes = context;
    if (json_get(row, "letter") != NULL) {
        print_letter(changes->inv, row);
        return;
    }
    const char *key = json_get_text(row, "key", "");
    const char *was = json_get_text(row, "was", NULL);
    const char *now = json_get_text(row, "now", NULL);
    changes->count++;
    printf("  %s: %s -> %s\n", key, was != NULL ? was : "-", now != NULL ? now : "-");
}

static void count_change(void *context, const struct json_t *row)
{
    ((struct changes *)context)->count += json_get(row, "letter") == NULL ? 1 : 0;
}

static void print_json(const struct buf *rows, const struct json_t *answer)
{
    fwrite(buf_text(rows), 1, rows->len, stdout);
    printf("{\"v\":1,\"end\":true,\"generation\":%lld}\n",
           (long long)json_get_int(answer, "generation", 0));
}

static void print_text(const struct invocation *inv, const struct buf *rows,
                       const struct json_t *answer)
{
    struct changes changes = {.inv = inv};
    output_each_line(rows, print_change, &changes);
    if (changes.count == 0)
        say(inv, stdout, "No key of the configuration has changed.\n");
    say(inv, stdout,
        "Configuration, letters, languages and rules are read anew (number %lld since the "
        "start).\n",
        (long long)json_get_int(answer, "generation", 0));
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0}, request = {0};
    struct json_t *answer = NULL;
    /* What is wrong with the configuration the daemon is about to say itself. */
    (void)invocation_tells_mistake(inv);
    request_begin(&request, "reload");
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_putc(&request, '}');
    int rc = session_open_daemon(inv, 0, &s, err);
    if (rc == 0)
        rc = session_ask(&s, buf_text(&request), &rows, &answer, err);
    if (rc == ERR_CONFIG)
        say(inv, stderr, "The daemon goes on with the configuration it has.\n");
    if (rc == 0 && invocation_json(inv))
        print_json(&rows, answer);
    else if (rc == 0)
        print_text(inv, &rows, answer);
    json_free(answer);
    session_close(&s);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static const struct option_row options[] = {
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_reload = {
    .name = "reload",
    .arguments = "",
    .summary = "have the daemon read its configuration again, and say what changed",
    .details =
        "  dispatcher check && dispatcher reload\n\n"
        "Everything is read and judged before anything is exchanged: configuration, letters,\n"
        "languages, rules, gateways, secrets. If there is a mistake the old configuration stays\n"
        "in force, and the exit status is 78. `spool` and `control_socket` only change with a\n"
        "restart: then nothing is exchanged either. A secret that was replaced is read, but does\n"
        "not show among what changed. SIGHUP does the same and tells the log.\n\n"
        "A letter with a mistake keeps nothing else back: its version of before stays in use,\n"
        "or, if there is none, it is left out and what names it waits. It is named, and the\n"
        "exit status is 0.\n\n"
        "JSON, one per line: v, key, was, now for each key that changed, and v, letter, kept,\n"
        "reason for each letter with a mistake; then v, end, generation.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};

/* ---- what it would change ---- */

static size_t print_preview(const struct invocation *inv, const struct buf *rows)
{
    struct changes changes = {.inv = inv};
    if (invocation_json(inv)) {
        output_each_line(rows, count_change, &changes);
        fwrite(buf_text(rows), 1, rows->len, stdout);
        printf("{\"v\":1,\"end\":true,\"changes\":%zu}\n", changes.count);
        return changes.count;
    }
    output_each_line(rows, print_change, &changes);
    if (changes.count == 0)
        say(inv, stdout, "The files say what the daemon goes by: a reload changes no key.\n");
    else
        say(inv, stdout, "To let it take effect: dispatcher reload\n");
    return changes.count;
}

static int run_diff(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0}, request = {0};
    struct json_t *answer = NULL;
    size_t changes = 0;
    (void)invocation_tells_mistake(inv);
    request_begin(&request, "preview_reload");
    buf_putc(&request, '}');
    int rc = session_open_daemon(inv, 0, &s, err);
    if (rc == 0)
        rc = session_ask(&s, buf_text(&request), &rows, &answer, err);
    if (rc == ERR_CONFIG)
        say(inv, stderr, "A reload would be refused.\n");
    if (rc == 0)
        changes = print_preview(inv, &rows);
    json_free(answer);
    session_close(&s);
    buf_free(&request);
    buf_free(&rows);
    return rc == 0 && changes > 0 ? 1 : rc;
}

const struct command command_config_diff = {
    .name = "config diff",
    .arguments = "",
    .summary = "what a reload would change: the daemon's configuration against the files",
    .example = "  dispatcher config diff\n",
    .details =
        "The daemon reads and judges all that a reload would, and exchanges nothing. Keys are "
        "compared, with\n"
        "what its environment and command line set; letters, languages and rules are read and "
        "judged, not\n"
        "compared, and a secret that was replaced does not show.\n\n"
        "Exit status: 0 nothing would change, 1 something would, 78 the reload would be refused; "
        "the reason is\n"
        "told.\n\n"
        "JSON, one per line: v, key, was, now for each key, and v, letter, kept, reason for each "
        "letter with\n"
        "a mistake; then v, end, changes.",
    .run = run_diff,
};
