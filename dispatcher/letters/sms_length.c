#include "letters/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "channel/sms_fit.h"
#include "letters/gateway.h"
#include "letters/sms_way.h"

#define TEXT_MAX (1024 * 1024)

static int read_profile(const struct invocation *inv, enum length_profile *out, struct error *err)
{
    const char *wanted = option_value(inv, "gateway-profile");
    *out = LENGTH_GSM;
    for (int i = LENGTH_GSM; wanted != NULL && i <= LENGTH_CP949; i++) {
        if (strcmp(sms_way_profile((enum length_profile)i), wanted) == 0) {
            *out = (enum length_profile)i;
            return 0;
        }
    }
    return wanted == NULL
               ? 0
               : error_set(err, ERR_USAGE, "--gateway-profile is gsm, euc-kr or cp949, not \"%s\"",
                           wanted);
}

static void put_offender(const struct sms_offender *o, bool first, struct buf *out)
{
    struct buf character = {0};
    utf8_put(&character, o->code_point);
    buf_printf(out, "%s{\"character\":", first ? "" : ",");
    buf_put_json(out, character.data);
    buf_printf(out, ",\"code_point\":\"U+%04X\",\"position\":%zu,\"replacement\":", o->code_point,
               o->position);
    buf_put_json(out, o->replacement);
    buf_putc(out, '}');
    buf_free(&character);
}

static void put_length(const struct sms_length *l, struct buf *out)
{
    buf_printf(out, "{\"v\":1,\"encoding\":\"%s\",\"units\":%zu,\"segments\":%zu,\"sendable\":%s",
               sms_encoding_name(l->encoding), l->units, l->segments,
               l->sendable ? "true" : "false");
    if (l->encoding == SMS_EUC_KR || l->encoding == SMS_CP949)
        buf_printf(out, ",\"type\":\"%s\"", l->lms ? "LMS" : "SMS");
    buf_puts(out, ",\"offending\":[");
    for (size_t i = 0; i < l->offender_count; i++)
        put_offender(&l->offenders[i], i == 0, out);
    buf_putc(out, ']');
}

static int measure_by_profile(const struct invocation *inv, const struct buf *text, struct buf *out,
                              struct error *err)
{
    enum length_profile profile;
    struct sms_length length;
    int rc = read_profile(inv, &profile, err);
    if (rc != 0)
        return rc;
    sms_measure(buf_text(text), text->len, profile, &length);
    put_length(&length, out);
    sms_length_free(&length);
    return 0;
}

/* As it is sent there, and whether it is. */
static void put_fitting(const struct transport *t, const struct buf *text, struct buf *out)
{
    struct sms_fitting fitting = {0};
    const struct buf no_title = {0};
    struct error refusal;
    sms_fit(text, t->sms.gateway, &fitting);
    bool refused = sms_fit_check(&fitting, &no_title, &refusal) != 0;
    put_length(&fitting.length, out);
    buf_printf(out, ",\"replaced\":%zu,\"transport\":", fitting.replaced);
    buf_put_json(out, t->name);
    buf_puts(out, ",\"refusal\":");
    buf_put_json(out, refused ? refusal.text : NULL);
    sms_fitting_free(&fitting);
}

static int measure_by_transport(const struct invocation *inv, const struct buf *text,
                                struct buf *out, struct error *err)
{
    const struct transport *transport;
    struct settings *settings = NULL;
    if (option_given(inv, "gateway-profile"))
        return error_set(err, ERR_USAGE,
                         "--transport says how the gateway counts: leave --gateway-profile out");
    int rc = invocation_load_settings(inv, false, &settings, err);
    if (rc == 0)
        rc = gateway_find_transport(settings, option_value(inv, "transport"), &transport, err);
    if (rc == 0)
        put_fitting(transport, text, out);
    if (settings != NULL)
        settings_free(settings);
    free(settings);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct buf text = {0}, out = {0};
    bool by_transport = option_given(inv, "transport");
    int rc = file_read_stream(0, "standard input", TEXT_MAX, &text, err);
    if (rc == 0 && !utf8_valid(buf_text(&text), text.len))
        rc = error_set(err, ERR_INPUT, "the text is not valid UTF-8; convert it first");
    if (rc == 0)
        rc = by_transport ? measure_by_transport(inv, &text, &out, err)
                          : measure_by_profile(inv, &text, &out, err);
    if (rc == 0)
        printf("%s}\n", buf_text(&out));
    buf_free(&text);
    buf_free(&out);
    return rc;
}

static const struct option_row options[] = {
    {"gateway-profile", 0, "gsm|euc-kr|cp949", "how the gateway counts (default: gsm)"},
    {"transport", 0, "TRANSPORT", "as this transport of the configuration would send it"},
};

const struct command command_sms_length = {
    .name = "sms-length",
    .arguments = "",
    .summary = "how long is the text on standard input as an SMS, and which characters cost",
    .example = "  echo \"Ihre Karte wird ersetzt.\" | dispatcher sms-length\n",
    .details = "Prints one JSON object: encoding, units (septets, UTF-16 units or bytes), "
               "segments, and the\n"
               "characters that force a longer encoding or cannot be sent, with their position "
               "(from 0, in\n"
               "characters) and a replacement where there is one. The text is measured as it is: a "
               "line break\n"
               "at the end counts. With --transport it is measured as it is sent there, with what "
               "its gateway\n"
               "replaces, and `refusal` says why it would not take it.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
