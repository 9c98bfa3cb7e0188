/*
 * SMS text: which encoding it needs, how long it is there, and what could be replaced to make it
 * cheaper. GSM model: 3GPP TS 23.038 (default alphabet and extension), TS 23.040 (153/67 units per
 * part with an 8-bit concatenation header). Korean model: bytes in EUC-KR or CP949, SMS up to 90,
 * LMS up to 2,000.
 */
#ifndef CHANNEL_SMS_TEXT_H
#define CHANNEL_SMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/gateway.h"

enum sms_encoding { SMS_GSM7, SMS_UCS2, SMS_EUC_KR, SMS_CP949 };

struct sms_offender {
    uint32_t code_point;
    size_t position;         /* in code points, from 0 */
    const char *replacement; /* UTF-8, NULL if there is none */
};

struct sms_length {
    enum sms_encoding encoding;
    size_t units;    /* septets, UTF-16 units, or bytes */
    size_t segments; /* GSM model: parts, 0 for empty text is never: empty counts 1; Korean model:
                        1, or 0 if it cannot be sent */
    bool lms;        /* Korean model: longer than an SMS */
    bool sendable;   /* false: characters without an encoding (Korean) or too long */
    struct sms_offender *offenders; /* GSM: what forces UCS-2; Korean: what cannot be encoded */
    size_t offender_count;
};

const char *sms_encoding_name(enum sms_encoding encoding); /* "gsm7", "ucs2", "euc-kr", "cp949" */
/* Measures valid UTF-8 (brought to NFC, CRLF to LF first). Free with sms_length_free(). */
void sms_measure(const char *text, size_t len, enum length_profile profile, struct sms_length *out);
/* The same with the Korean limits of a description. */
void sms_measure_for(const char *text, size_t len, const struct gateway *g, struct sms_length *out);
void sms_length_free(struct sms_length *l);

/*
 * The text as it should be sent: NFC, LF, and the replacement map of the profile. GSM: replacements
 * are applied only if the whole result then fits GSM-7, otherwise the text stays. Returns how many
 * characters were replaced.
 */
size_t sms_prepare(const char *text, size_t len, enum length_profile profile, struct buf *out);
/* The same at the level the description asks for. Accents are only taken away where that alone
 * makes the whole text fit GSM-7. */
size_t sms_prepare_for(const char *text, size_t len, const struct gateway *g, struct buf *out);

#endif
