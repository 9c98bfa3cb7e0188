/* segments < texts > counts: how many segments texts take on a GSM gateway. Each text ends with a NUL, each
 * count is a line "gsm7 2". `dispatcher sms-length` asks the same function, but for one text a process. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "channel/sms_text.h"

int main(void)
{
    struct buf text = {0};
    for (int c; (c = getchar()) != EOF;) {
        struct sms_length length;
        if (c != '\0') {
            buf_putc(&text, (char)c);
            continue;
        }
        sms_measure(buf_text(&text), text.len, LENGTH_GSM, &length);
        printf("%s %zu\n", sms_encoding_name(length.encoding), length.segments);
        sms_length_free(&length);
        buf_reset(&text);
    }
    buf_free(&text);
    return 0;
}
