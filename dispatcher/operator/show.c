#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"

static void print_value(const char *label, const char *value)
{
    struct buf visible = {0};
    if (value == NULL || value[0] == '\0')
        return;
    text_put_visible(&visible, value, strlen(value));
    printf("  %-12s %s\n", label, visible.data);
    buf_free(&visible);
}

static void print_job(const struct json_t *job)
{
    printf("%s\n", json_get_text(job, "id", ""));
    print_value("template", json_get_text(job, "template", NULL));
    print_value("locale", json_get_text(job, "locale", NULL));
    print_value("campaign", json_get_text(job, "campaign", NULL));
    print_value("reference", json_get_text(job, "reference", NULL));
    print_value("name", json_get_text(json_get(job, "to"), "name", NULL));
}

static void print_delivery(const struct json_t *row)
{
    char when[64];
    printf("\n%s by %s to %s", json_get_text(row, "state", ""), json_get_text(row, "channel", ""),
           json_get_text(row, "address", ""));
    printf(", letter %s (%s)\n", json_get_text(row, "template", ""),
           json_get_text(row, "locale", ""));
    print_value("cause", json_get_text(row, "cause", NULL));
    printf("  %-12s %s\n", "accepted",
           output_time(json_get_text(row, "accepted_at", NULL), when, sizeof(when)));
    if (json_get_text(row, "next_attempt_at", NULL) != NULL)
        printf("  %-12s %s\n", "next try",
               output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)));
}

static void print_attempt(const struct json_t *row)
{
    char when[64];
    struct buf reply = {0};
    const char *text = json_get_text(row, "reply", "");
    text_put_visible(&reply, text, strlen(text));
    printf("  attempt %lld  %s  %s over %s in %lld ms: %s\n",
           (long long)json_get_int(row, "attempt", 0),
           output_time(json_get_text(row, "at", NULL), when, sizeof(when)),
           json_get_text(row, "outcome", ""), json_get_text(row, "transport", ""),
           (long long)json_get_int(row, "duration_ms", 0), buf_text(&reply));
    print_value("  sha256", json_get_text(row, "rendered_sha256", NULL));
    buf_free(&reply);
}

static void print_line(void *context UNUSED, const struct json_t *row)
{
    if (json_get(row, "job") != NULL)
        print_job(json_get(row, "job"));
    else if (json_get(row, "attempt") != NULL)
        print_attempt(row);
    else
        print_delivery(row);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf request = {0}, rows = {0}, end = {0};
    request_begin(&request, "show");
    request_put_text(&request, "id", argument_at(inv, 0));
    buf_putc(&request, '}');
    int rc = session_open(inv, LEDGER_READ, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, request.data, &rows, &end, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        output_each_line(&rows, print_line, NULL);
    session_close(&s);
    buf_free(&request);
    buf_free(&rows);
    buf_free(&end);
    return rc;
}

const struct command command_show = {
    .name = "show",
    .arguments = "ID",
    .summary = "one notice as a story: every delivery, attempt and reply",
    .details = "With --json the first line is the notice as it was accepted, then each delivery "
               "followed by\n"
               "its attempts, with the SHA-256 of the message as it was rendered.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
