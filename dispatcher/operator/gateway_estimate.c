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
#include "cli/say.h"
#include "letters/gateway.h"
#include "model/address.h"

#define TEXT_MAX (1024 * 1024)

struct estimate {
    const struct invocation *inv;
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

static void print_value(const struct invocation *inv, const char *what, const char *text)
{
    say(inv, stdout, "  %-9s %s\n", say_word(inv, what), text);
}

static void print_offender(const struct estimate *e, const struct sms_offender *o)
{
    struct buf character = {0}, shown = {0}, text = {0};
    char code[16];
    snprintf(code, sizeof(code), "U+%04X", (unsigned)o->code_point);
    utf8_put(&character, o->code_point);
    text_put_visible(&shown, buf_text(&character), character.len);
    if (o->replacement != NULL)
        say_put(e->inv, &text, "%s (%s) as character %zu; write \"%s\"", buf_text(&shown), code,
                o->position + 1, o->replacement);
    else
        say_put(e->inv, &text, "%s (%s) as character %zu", buf_text(&shown), code, o->position + 1);
    print_value(e->inv, is_korean(&e->fitting.length) ? SAID("cannot") : SAID("Unicode"),
                buf_text(&text));
    buf_free(&character);
    buf_free(&shown);
    buf_free(&text);
}

/* Each kind once, with what could stand there instead. */
static void print_offenders(const struct estimate *e)
{
    const struct sms_length *l = &e->fitting.length;
    for (size_t i = 0; i < l->offender_count; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || l->offenders[k].code_point == l->offenders[i].code_point;
        if (!again)
            print_offender(e, &l->offenders[i]);
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
        char code[16];
        if (!is_replaced(e, i))
            continue;
        snprintf(code, sizeof(code), "U+%04X", (unsigned)o->code_point);
        utf8_put(&character, o->code_point);
        text_put_visible(&shown, buf_text(&character), character.len);
        if (o->replacement != NULL && o->replacement[0] != '\0')
            say(e->inv, stdout, "            %s (%s) becomes %s\n", buf_text(&shown), code,
                o->replacement);
        else
            say(e->inv, stdout, "            %s (%s) is left out\n", buf_text(&shown), code);
        buf_free(&character);
        buf_free(&shown);
    }
}

static void print_size(const struct estimate *e)
{
    const struct sms_length *l = &e->fitting.length;
    const char *encoding = sms_encoding_name(l->encoding);
    if (is_korean(l) && l->sendable)
        say(e->inv, stdout, "%s, %zu bytes, one %s\n", encoding, l->units, l->lms ? "LMS" : "SMS");
    else if (is_korean(l))
        say(e->inv, stdout, "%s, %zu bytes\n", encoding, l->units);
    else if (l->segments == 1)
        say(e->inv, stdout, "%s, %zu units, 1 part\n", encoding, l->units);
    else
        say(e->inv, stdout, "%s, %zu units, %zu parts\n", encoding, l->units, l->segments);
    if (e->refusal.text[0] != '\0') {
        struct buf why = {0};
        say_put_error(&why, e->refusal.text);
        print_value(e->inv, "refused", buf_text(&why));
        buf_free(&why);
    }
}

static void print_price(const struct estimate *e)
{
    struct buf price = {0};
    if (e->micros >= 0) {
        gateway_put_cost(&price, e->micros, e->transport->sms.currency);
        print_value(e->inv, "price", buf_text(&price));
    } else if (e->refusal.text[0] == '\0') {
        say_put(e->inv, &price, "not known: add `prices` to the transport %s", e->transport->name);
        print_value(e->inv, "price", buf_text(&price));
    }
    buf_free(&price);
}

static void print_substitution(const struct estimate *e)
{
    struct buf text = {0}, before = {0};
    const char *encoding = sms_encoding_name(e->before.encoding);
    if (e->before.segments == 1)
        say_put(e->inv, &before, "%s, 1 part", encoding);
    else
        say_put(e->inv, &before, "%s, %zu parts", encoding, e->before.segments);
    if (e->fitting.replaced == 1)
        say_put(e->inv, &text, "1 character before sending: as written it would be %s",
                buf_text(&before));
    else
        say_put(e->inv, &text, "%zu characters before sending: as written it would be %s",
                e->fitting.replaced, buf_text(&before));
    if (e->fitting.replaced > 0)
        print_value(e->inv, "replaced", buf_text(&text));
    buf_free(&text);
    buf_free(&before);
}

static void print_text(const struct estimate *e)
{
    print_size(e);
    print_substitution(e);
    print_replaced(e);
    print_offenders(e);
    print_price(e);
}

static int estimate(const struct invocation *inv, const struct settings *s, struct error *err)
{
    struct estimate e = {.inv = inv, .to = option_value(inv, "to")};
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
