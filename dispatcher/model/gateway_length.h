/* How long a text may be for a gateway, and what may be changed in it to make it shorter: the
 * `text` block of its description. */
#ifndef MODEL_GATEWAY_LENGTH_H
#define MODEL_GATEWAY_LENGTH_H

enum length_profile { LENGTH_GSM, LENGTH_EUC_KR, LENGTH_CP949 };

/* Changes that make a text fit a cheaper encoding. */
enum transliteration {
    TRANSLITERATE_SAFE,    /* the look, not the words: quotes, dashes, spaces */
    TRANSLITERATE_ACCENTS, /* letters too: á to a. It changes names */
    TRANSLITERATE_OFF
};

#define KR_SMS_BYTES     90
#define KR_LMS_BYTES     2000
#define KR_SUBJECT_BYTES 40

#endif
