#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "channel/sms_text.h"

#define TEXT_MAX (1024 * 1024)

static int read_profile(const struct invocation *inv, enum length_profile *out, struct error *err)
{
    static const char *const names[] = {
        [LENGTH_GSM] = "gsm", [LENGTH_EUC_KR] = "euc-kr", [LENGTH_CP949] = "cp949"};
    const char *wanted = option_value(inv, "gateway-profile");
    *out = LENGTH_GSM;
    for (size_t i = 0; wanted != NULL && i < COUNT_OF(names); i++) {
        if (strcmp(names[i], wanted) == 0) {
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
    buf_puts(out, "]}\n");
}

static int run(const struct invocation *inv, struct error *err)
{
    enum length_profile profile;
    struct buf text = {0}, out = {0};
    struct sms_length length;
    int rc = read_profile(inv, &profile, err);
    if (rc == 0)
        rc = file_read_stream(0, "standard input", TEXT_MAX, &text, err);
    if (rc == 0 && !utf8_valid(buf_text(&text), text.len))
        rc = error_set(err, ERR_INPUT, "the text is not valid UTF-8; convert it first");
    if (rc == 0) {
        sms_measure(buf_text(&text), text.len, profile, &length);
        put_length(&length, &out);
        fwrite(out.data, 1, out.len, stdout);
        sms_length_free(&length);
    }
    buf_free(&text);
    buf_free(&out);
    return rc;
}

static const struct option_row options[] = {
    {"gateway-profile", 0, "gsm|euc-kr|cp949", "how the gateway counts (default: gsm)"},
};

const struct command command_sms_length = {
    .name = "sms-length",
    .arguments = "",
    .summary = "how long is the text on standard input as an SMS, and which characters cost",
    .details = "Prints one JSON object: encoding, units (septets, UTF-16 units or bytes), "
               "segments, and the\n"
               "characters that force a longer encoding or cannot be sent, with their position "
               "(from 0, in\n"
               "characters) and a replacement where there is one. The text is measured as it is: a "
               "line break\n"
               "at the end counts.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
