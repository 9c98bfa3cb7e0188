#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "config/gateway_files.h"
#include "config/gateway_names.h"
#include "letters/gateway.h"

#define FILE_LIMIT (1024 * 1024)

/* ---- what its comment says about how it was verified ---- */

/* The sentence behind "Verified:" or "Unverified:" in the comment at the top, to its full stop; its
 * lines become one. */
static void put_sentence(const char *text, const char *word, struct buf *out)
{
    const char *at = strstr(text, word);
    if (at == NULL)
        return;
    for (at += strlen(word); *at == ' '; at++)
        continue;
    for (; *at != '\0' && !(at[0] == '.' && strchr(" \n", at[1]) != NULL); at++) {
        if (*at != '\n') {
            buf_putc(out, *at);
            continue;
        }
        if (at[1] != '#')
            return;
        buf_putc(out, ' ');
        at += at[2] == ' ' ? 2 : 1;
    }
}

static void read_sentences(const char *directory, const char *name, struct buf *verified,
                           struct buf *unverified)
{
    struct buf file = {0}, text = {0};
    buf_printf(&file, "%s/%s.yaml", directory, name);
    if (file_read_path(buf_text(&file), FILE_LIMIT, &text, NULL) == 0) {
        put_sentence(buf_text(&text), "# Verified:", verified);
        put_sentence(buf_text(&text), "Unverified:", unverified);
    }
    buf_free(&file);
    buf_free(&text);
}

/* ---- rows ---- */

struct listed {
    const char *name;
    struct gateway *gateway; /* NULL: it has mistakes */
    struct buf transports, verified, unverified;
};

static void find_users(const struct settings *s, struct listed *row, const char *separator)
{
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        if (t->channel == CHANNEL_SMS && text_equal(t->sms.gateway->name, row->name))
            buf_printf(&row->transports, "%s%s", row->transports.len > 0 ? separator : "", t->name);
    }
}

static void put_texts(struct buf *out, const char *key, const struct buf *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value->len > 0 ? buf_text(value) : NULL);
}

static const char *profile_of(const struct gateway *g)
{
    static const char *const names[] = {
        [LENGTH_GSM] = "gsm", [LENGTH_EUC_KR] = "kr", [LENGTH_CP949] = "cp949"};
    return g != NULL ? names[g->profile] : NULL;
}

static void print_json(const struct listed *row)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"gateway\":");
    buf_put_json(&out, row->name);
    buf_puts(&out, ",\"profile\":");
    buf_put_json(&out, profile_of(row->gateway));
    buf_printf(&out, ",\"valid\":%s,\"reports\":%s", row->gateway != NULL ? "true" : "false",
               row->gateway != NULL && row->gateway->report != NULL ? "true" : "false");
    put_texts(&out, "transports", &row->transports);
    put_texts(&out, "verified", &row->verified);
    put_texts(&out, "unverified", &row->unverified);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

/* "Twilio's published documents": the first words are enough for a line. */
static void print_verified(struct table *t, const struct listed *row)
{
    const char *at = buf_text(&row->verified);
    if (text_starts_with(at, "against "))
        at += strlen("against ");
    if (row->verified.len > 0)
        table_cellf(t, "%.*s", (int)strcspn(at, ",:;"), at);
    else
        table_cell(t, NULL);
}

static void print_row(const struct invocation *inv, struct table *t, const struct listed *row)
{
    table_cell(t, row->name);
    table_cell(t, row->gateway != NULL ? profile_of(row->gateway)
                                       : say_word(inv, "mistakes: see check"));
    table_cell(t, row->transports.len > 0 ? buf_text(&row->transports) : NULL);
    table_cell(t, row->gateway != NULL && row->gateway->report != NULL ? say_word(inv, "yes")
                                                                       : say_word(inv, "no"));
    print_verified(t, row);
}

static void list_one(const struct invocation *inv, const struct settings *s, const char *name,
                     struct table *t)
{
    struct listed row = {.name = name};
    /* What is wrong with it is told by check. */
    if (gateway_files_read(s->gateways, name, &row.gateway, NULL) != 0)
        row.gateway = NULL;
    find_users(s, &row, " ");
    read_sentences(s->gateways, name, &row.verified, &row.unverified);
    if (invocation_json(inv))
        print_json(&row);
    else
        print_row(inv, t, &row);
    gateway_free(row.gateway);
    buf_free(&row.transports);
    buf_free(&row.verified);
    buf_free(&row.unverified);
}

static void list_all(const struct invocation *inv, const struct settings *s)
{
    const char *heads[] = {say_word(inv, "GATEWAY"), say_word(inv, "PROFILE"),
                           say_word(inv, "TRANSPORTS"), say_word(inv, "REPORTS"),
                           say_word(inv, "VERIFIED")};
    struct table t;
    char **names;
    size_t count;
    gateway_names_list(s->gateways, &names, &count);
    table_begin(&t, heads, COUNT_OF(heads));
    for (size_t i = 0; i < count; i++) {
        list_one(inv, s, names[i], &t);
        free(names[i]);
    }
    if (!invocation_json(inv))
        table_end(&t);
    free(names);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    int rc = invocation_load_settings(inv, false, &settings, err);
    if (rc == 0) {
        list_all(inv, settings);
        settings_free(settings);
    }
    free(settings);
    return rc;
}

const struct command command_gateway_list = {
    .name = "gateway list",
    .arguments = "",
    .summary = "the SMS gateways that are described, who uses them, and how they were verified",
    .example = "  dispatcher gateway list\n",
    .details =
        "One line for each description in the directory of gateways: how it counts a text, the\n"
        "transports that use it, whether it reports what became of a message, and against what\n"
        "its description was verified. The comment at its top says more.\n\n"
        "JSON: one object per line: v, gateway, profile, valid, reports, transports, verified,\n"
        "unverified.",
    .run = run,
};
