/* Changing the suppression list by hand: add, remove. */
#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/output.h"
#include "cli/say.h"
#include "model/json.h"
#include "operator/suppress.h"

#define HINTS_MAX 5

/* All or nothing: the channel of each address, before anything changes. Caller frees. */
static int find_channels(const struct invocation *inv, enum channel_kind **out, struct error *err)
{
    size_t count = argument_count(inv);
    int rc = 0;
    *out = xcalloc(count, sizeof(**out));
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = suppress_find_channel(inv, argument_at(inv, i), &(*out)[i], err);
    return rc;
}

static void print_count(const struct invocation *inv, const char *verb, int64_t count,
                        int64_t missing)
{
    if (invocation_json(inv))
        printf("{\"v\":1,\"verb\":\"%s\",\"count\":%" PRId64 ",\"missing\":%" PRId64 "}\n", verb,
               count, missing);
}

/* ---- add ---- */

static int add_all(const struct invocation *inv, const enum channel_kind *channels, int64_t end_ms,
                   int64_t *out_sent, struct error *err)
{
    struct session session;
    int rc = session_open(inv, LEDGER_WRITE, &session, err);
    if (rc != 0)
        return rc;
    const char *reason = option_value(inv, "reason");
    struct suppress_sender sender = {.session = &session, .reason = reason};
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++) {
        const struct suppression entry = {.channel = channels[i],
                                          .address = argument_at(inv, i),
                                          .cause = "operator",
                                          .reason = reason != NULL ? reason : "",
                                          .source = SUPPRESSION_OPERATOR,
                                          .expires_ms = end_ms};
        rc = suppress_send(&sender, &entry, err);
    }
    if (rc == 0)
        rc = suppress_send_rest(&sender, err);
    else
        buf_free(&sender.entries);
    *out_sent = sender.sent;
    session_close(&session);
    return rc;
}

static void tell_added(const struct invocation *inv, int64_t count, bool for_a_time)
{
    if (count == 1 && for_a_time)
        say(inv, stdout, "1 address is not written to any more for that time.");
    else if (count == 1)
        say(inv, stdout, "1 address is not written to any more.");
    else if (for_a_time)
        say(inv, stdout, "%lld addresses are not written to any more for that time.",
            (long long)count);
    else
        say(inv, stdout, "%lld addresses are not written to any more.", (long long)count);
    say(inv, stdout, " To undo: dispatcher suppress remove ADDRESS\n");
}

static int run_add(const struct invocation *inv, struct error *err)
{
    enum channel_kind *channels = NULL;
    int64_t end_ms = 0, sent = 0;
    int rc = suppress_read_end(inv, clock_wall_ms(), &end_ms, err);
    if (rc == 0)
        rc = find_channels(inv, &channels, err);
    if (rc == 0)
        rc = suppress_confirm(inv, argument_count(inv), false, err);
    if (rc == 0)
        rc = add_all(inv, channels, end_ms, &sent, err);
    free(channels);
    if (rc != 0)
        return rc;
    print_count(inv, "suppress add", sent, 0);
    if (!invocation_json(inv))
        tell_added(inv, sent, end_ms > 0);
    return 0;
}

/* ---- remove ---- */

static void free_causes(char **causes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(causes[i]);
    free(causes);
}

static int take_off(struct session *s, const struct invocation *inv, enum channel_kind channel,
                    const char *address, char **out_cause, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, "unsuppress");
    request_put_text(&request, "channel", channel_kind_name(channel));
    request_put_text(&request, "address", address);
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_puts(&request, "}");
    int rc = session_ask(s, buf_text(&request), NULL, &end, err);
    *out_cause =
        json_get_bool(end, "found", false) ? xstrdup(json_get_text(end, "cause", "")) : NULL;
    json_free(end);
    buf_free(&request);
    return rc;
}

static int remove_all(const struct invocation *inv, const enum channel_kind *channels,
                      char **causes, int64_t *out_count, struct error *err)
{
    struct session s;
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++) {
        rc = take_off(&s, inv, channels[i], argument_at(inv, i), &causes[i], err);
        *out_count += causes[i] != NULL;
        if (rc == 0 && causes[i] == NULL && !invocation_json(inv))
            say(inv, stderr, "%s was not suppressed.\n", argument_at(inv, i));
    }
    session_close(&s);
    return rc;
}

/* A command for the shell: a local part may hold an apostrophe. */
static void print_hint(enum channel_kind channel, const char *cause, const char *address)
{
    printf("  dispatcher queue --json --state suppressed --channel %s%s%s | grep -iF "
           "'\"address\":\"",
           channel_kind_name(channel), cause[0] != '\0' ? " --cause " : "", cause);
    for (; *address != '\0'; address++) {
        if (*address == '\'')
            printf("'\\''");
        else
            putchar(*address);
    }
    printf("\"'\n");
}

/* Trial mode and other addresses suppress too: what this one kept back is found by its address. */
static void tell_kept_back(const struct invocation *inv, const enum channel_kind *channels,
                           char *const *causes, int64_t count)
{
    size_t told = 0;
    if (count == 1)
        say(inv, stdout, "1 address is written to again. What was kept back, with its id:\n");
    else
        say(inv, stdout, "%lld addresses are written to again. What was kept back, with its id:\n",
            (long long)count);
    for (size_t i = 0; i < argument_count(inv) && told < HINTS_MAX; i++) {
        if (causes[i] == NULL)
            continue;
        told++;
        print_hint(channels[i], causes[i], argument_at(inv, i));
    }
    if (count > (int64_t)told)
        say(inv, stdout, "  and so on for the others\n");
    say(inv, stdout, "To send one of them now: dispatcher retry ID --state suppressed\n");
}

static int run_remove(const struct invocation *inv, struct error *err)
{
    enum channel_kind *channels = NULL;
    char **causes = xcalloc(argument_count(inv), sizeof(*causes)); /* NULL: was not on the list */
    int64_t count = 0;
    int rc = find_channels(inv, &channels, err);
    if (rc == 0)
        rc = suppress_confirm(inv, argument_count(inv), true, err);
    if (rc == 0)
        rc = remove_all(inv, channels, causes, &count, err);
    if (rc == 0 && count > 0 && !invocation_json(inv))
        tell_kept_back(inv, channels, causes, count);
    free_causes(causes, argument_count(inv));
    free(channels);
    if (rc != 0)
        return rc;
    int64_t missing = (int64_t)argument_count(inv) - count;
    print_count(inv, "suppress remove", count, missing);
    return missing > 0 ? 1 : 0;
}

static const struct option_row add_options[] = {
    SUPPRESS_OPTIONS,
    {"for", 0, "AGE", "for so long, e.g. 90d (default: for good)"},
    {"yes", 'y', NULL, "do not ask"},
};
static const struct option_row remove_options[] = {
    SUPPRESS_OPTIONS,
    {"yes", 'y', NULL, "do not ask"},
};

const struct command command_suppress_add = {
    .name = "suppress add",
    .arguments = "ADDRESS...",
    .summary = "do not write to these addresses any more",
    .details =
        "  dispatcher suppress add anna@example.org --reason \"asked by telephone\"\n"
        "  dispatcher suppress add +821012345678 --for 90d --reason \"number changed hands\"\n\n"
        "From now on: what is in flight arrives. Deliveries to them become suppressed, with this "
        "reason in\n"
        "`dispatcher show`; other channels of the same notice go on. It is recorded that, when, "
        "why and by\n"
        "whom, not which addresses (`dispatcher actions`). More than 100 want a yes.\n\n"
        "JSON, one object: v, verb, count, missing.",
    .options = add_options,
    .option_count = COUNT_OF(add_options),
    .arguments_min = 1,
    .arguments_max = 10000,
    .run = run_add,
};

const struct command command_suppress_remove = {
    .name = "suppress remove",
    .arguments = "ADDRESS...",
    .summary = "write to these addresses again",
    .details =
        "  dispatcher suppress remove anna@example.org --reason \"mailbox is back\"\n\n"
        "What was suppressed meanwhile stays so until `dispatcher retry`. Exit status 1: one of "
        "them was not on\n"
        "the list. Who said no (cause opted_out, complaint) has to say yes first.\n\n"
        "JSON, one object: v, verb, count, missing.",
    .options = remove_options,
    .option_count = COUNT_OF(remove_options),
    .arguments_min = 1,
    .arguments_max = 10000,
    .run = run_remove,
};
