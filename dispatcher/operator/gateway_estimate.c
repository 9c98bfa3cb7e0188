#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "channel/channel.h"
#include "channel/sms_fit.h"
#include "channel/sms_sender.h"
#include "model/address.h"
#include "operator/gateway.h"

#define TEXT_MAX (1024 * 1024)

struct estimate {
    const struct transport *transport;
    const char *to;
    struct buf letter;          /* as written */
    struct sms_length before;   /* of `letter` */
    struct sms_fitting fitting; /* as it would be sent */
    int64_t micros;             /* -1: nobody said */
    struct error refusal;       /* why it would not be sent; no text: it would */
};

/* ---- measuring ---- */

static int read_text(const char *path, struct buf *out, struct error *err)
{
    if (path == NULL)
        return error_set(err, ERR_USAGE, "--text FILE is missing; - reads standard input");
    int rc = strcmp(path, "-") == 0 ? file_read_stream(0, "standard input", TEXT_MAX, out, err)
                                    : file_read_path(path, TEXT_MAX, out, err);
    if (rc == 0 && !utf8_valid(buf_text(out), out->len))
        rc = error_set(err, ERR_INPUT, "the text is not valid UTF-8; convert it first");
    return rc;
}

static int check_number(const char *to, struct error *err)
{
    if (to == NULL)
        return error_set(err, ERR_USAGE, "--to NUMBER is missing: the price depends on it");
    return address_check_phone(to, err) == 0 ? 0 : ERR_USAGE;
}

static void measure(struct estimate *e)
{
    const struct gateway *g = e->transport->sms.gateway;
    sms_measure_for(buf_text(&e->letter), e->letter.len, g, &e->before);
    sms_fit(&e->letter, g, &e->fitting);
    e->micros = gateway_cost(e->transport, e->to, &e->fitting.length);
}

/* The channel itself knows every limit. */
static void ask_channel(struct estimate *e, const struct settings *s)
{
    struct message message = {0};
    struct outgoing item = {.identity = "estimate", .address = e->to, .message = &message};
    buf_put(&message.sms, buf_text(&e->letter), e->letter.len);
    if (channel_of_kind(CHANNEL_SMS)->compose(s, e->transport, &item, &e->refusal) == 0)
        e->refusal.text[0] = '\0';
    buf_free(&item.wire);
    message_free(&message);
}

/* Numbers the transport refuses cost nothing. */
static void ask_transport(struct estimate *e)
{
    const struct sms_settings *sms = &e->transport->sms;
    if (sms_check_prefixes(sms, e->to, &e->refusal) != 0 ||
        sms_check_sender(sms_sender_for(sms, e->to), e->to, &e->refusal) != 0)
        e->micros = -1;
}

/* ---- telling ---- */

static bool is_korean(const struct sms_length *l)
{
    return l->encoding == SMS_EUC_KR || l->encoding == SMS_CP949;
}

static void put_offenders_json(struct buf *out, const struct sms_length *l)
{
    for (size_t i = 0; i < l->offender_count; i++) {
        const struct sms_offender *o = &l->offenders[i];
        struct buf character = {0};
        utf8_put(&character, o->code_point);
        buf_printf(out, "%s{\"character\":", i > 0 ? "," : "");
        buf_put_json(out, buf_text(&character));
        buf_printf(out, ",\"position\":%zu,\"replacement\":", o->position);
        buf_put_json(out, o->replacement);
        buf_putc(out, '}');
        buf_free(&character);
    }
}

static void print_json(const struct estimate *e)
{
    const struct sms_length *l = &e->fitting.length;
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"transport\":");
    buf_put_json(&out, e->transport->name);
    buf_printf(&out, ",\"encoding\":\"%s\",\"units\":%zu,\"segments\":%zu,\"sendable\":%s",
               sms_encoding_name(l->encoding), l->units, l->segments,
               e->refusal.text[0] == '\0' ? "true" : "false");
    buf_puts(&out, ",\"refusal\":");
    buf_put_json(&out, e->refusal.text[0] != '\0' ? e->refusal.text : NULL);
    buf_printf(&out, ",\"replaced\":%zu,\"type\":", e->fitting.replaced);
    buf_put_json(&out, is_korean(l) ? (l->lms ? "LMS" : "SMS") : NULL);
    buf_puts(&out, ",\"offending\":[");
    put_offenders_json(&out, l);
    buf_puts(&out, "],\"price_micros\":");
    if (e->micros >= 0)
        buf_printf(&out, "%" PRId64, e->micros);
    else
        buf_puts(&out, "null");
    buf_puts(&out, ",\"currency\":");
    buf_put_json(&out, e->transport->sms.currency);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

/* Each kind once, with what could stand there instead. */
static void print_offenders(const struct sms_length *l)
{
    for (size_t i = 0; i < l->offender_count; i++) {
        const struct sms_offender *o = &l->offenders[i];
        struct buf character = {0};
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || l->offenders[k].code_point == o->code_point;
        if (again)
            continue;
        utf8_put(&character, o->code_point);
        struct buf shown = {0};
        text_put_visible(&shown, buf_text(&character), character.len);
        printf("  %-9s %s (U+%04X) as character %zu%s%s%s\n", is_korean(l) ? "cannot" : "Unicode",
               buf_text(&shown), (unsigned)o->code_point, o->position + 1,
               o->replacement != NULL ? "; write \"" : "",
               o->replacement != NULL ? o->replacement : "", o->replacement != NULL ? "\"" : "");
        buf_free(&character);
        buf_free(&shown);
    }
}

/* A kind of character that is in the letter, but no more in what would be sent. */
static bool is_replaced(const struct estimate *e, size_t i)
{
    const struct sms_offender *o = &e->before.offenders[i];
    struct buf character = {0};
    for (size_t k = 0; k < i; k++) {
        if (e->before.offenders[k].code_point == o->code_point)
            return false;
    }
    utf8_put(&character, o->code_point);
    bool gone = strstr(buf_text(&e->fitting.text), buf_text(&character)) == NULL;
    buf_free(&character);
    return gone;
}

static void print_replaced(const struct estimate *e)
{
    for (size_t i = 0; i < e->before.offender_count; i++) {
        const struct sms_offender *o = &e->before.offenders[i];
        struct buf character = {0}, shown = {0};
        if (!is_replaced(e, i))
            continue;
        utf8_put(&character, o->code_point);
        text_put_visible(&shown, buf_text(&character), character.len);
        if (o->replacement != NULL && o->replacement[0] != '\0')
            printf("            %s (U+%04X) becomes %s\n", buf_text(&shown),
                   (unsigned)o->code_point, o->replacement);
        else
            printf("            %s (U+%04X) is left out\n", buf_text(&shown),
                   (unsigned)o->code_point);
        buf_free(&character);
        buf_free(&shown);
    }
}

static void print_size(const struct estimate *e)
{
    const struct sms_length *l = &e->fitting.length;
    printf("%s, %zu %s", sms_encoding_name(l->encoding), l->units,
           is_korean(l) ? "bytes" : "units");
    if (is_korean(l) && l->sendable)
        printf(", one %s", l->lms ? "LMS" : "SMS");
    else if (!is_korean(l))
        printf(", %zu %s", l->segments, l->segments == 1 ? "part" : "parts");
    printf("\n");
    if (e->refusal.text[0] != '\0')
        printf("  refused   %s\n", e->refusal.text);
}

static void print_price(const struct estimate *e)
{
    struct buf price = {0};
    if (e->micros >= 0) {
        gateway_put_cost(&price, e->micros, e->transport->sms.currency);
        printf("  price     %s\n", buf_text(&price));
    } else if (e->refusal.text[0] == '\0') {
        printf("  price     not known: add `prices` to the transport %s\n", e->transport->name);
    }
    buf_free(&price);
}

static void print_text(const struct estimate *e)
{
    print_size(e);
    if (e->fitting.replaced > 0)
        printf("  replaced  %zu %s before sending: as written it would be %s, %zu %s\n",
               e->fitting.replaced, e->fitting.replaced == 1 ? "character" : "characters",
               sms_encoding_name(e->before.encoding), e->before.segments,
               e->before.segments == 1 ? "part" : "parts");
    print_replaced(e);
    print_offenders(&e->fitting.length);
    print_price(e);
}

static int estimate(const struct invocation *inv, const struct settings *s, struct error *err)
{
    struct estimate e = {.to = option_value(inv, "to")};
    int rc = gateway_find_transport(s, argument_at(inv, 0), &e.transport, err);
    if (rc == 0)
        rc = check_number(e.to, err);
    if (rc == 0)
        rc = read_text(option_value(inv, "text"), &e.letter, err);
    if (rc == 0) {
        measure(&e);
        ask_channel(&e, s);
        ask_transport(&e);
        if (invocation_json(inv))
            print_json(&e);
        else
            print_text(&e);
        rc = e.refusal.text[0] == '\0' ? 0 : 1;
        sms_length_free(&e.before);
    }
    buf_free(&e.letter);
    sms_fitting_free(&e.fitting);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    int rc = invocation_load_settings(inv, false, &settings, err);
    if (rc == 0) {
        rc = estimate(inv, settings, err);
        settings_free(settings);
    }
    free(settings);
    return rc;
}

static const struct option_row options[] = {
    {"to", 0, "NUMBER", "to whom, as +4915112345678: the price depends on the country"},
    {"text", 0, "FILE", "the text; - reads standard input"},
};

const struct command command_gateway_estimate = {
    .name = "gateway estimate",
    .arguments = "TRANSPORT|GATEWAY --to NUMBER --text FILE",
    .summary = "what a text message takes and costs over a gateway, without sending it",
    .details =
        "  echo \"Wartung Mo–Fr 8–18 Uhr\" | dispatcher gateway estimate texts --to "
        "+4915112345678 --text -\n\n"
        "Encoding, parts (or SMS or LMS in Korea) after what is replaced before sending, the\n"
        "characters that make it longer or cannot be sent with what could stand there instead,\n"
        "and the price by `prices` of the transport. Nothing is sent.\n\n"
        "Exit status 1 if it would be refused.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
