#include "model/language.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"

/* Of each tag the words that are meant by it. Letters outside ASCII stand in the case in which they
 * are written. */
static const struct {
    const char *tag, *words;
} languages[] = {
    {"de", "ger deu german deutsch at 독일어 독어 germany deutschland 독일"},
    {"ko", "kor korean koreanisch 한국어 한글 korea 한국 대한민국"},
    {"en", "eng english englisch us gb 영어"},
    {"ar", "ara arabic arabisch 아랍어 العربية"},
    {"bg", "bul bulgarian bulgarisch 불가리아어 български"},
    {"bn", "ben bengali bengalisch 벵골어"},
    {"bs", "bos bosnian bosnisch 보스니아어"},
    {"cs", "cze ces cz czech tschechisch 체코어 čeština"},
    {"da", "dan dk danish dänisch 덴마크어 dansk"},
    {"el", "gre ell greek griechisch 그리스어 ελληνικά"},
    {"es", "spa spanish spanisch 스페인어 español espanol"},
    {"et", "est estonian estnisch 에스토니아어 eesti"},
    {"fa", "per fas persian persisch farsi 페르시아어"},
    {"fi", "fin finnish finnisch 핀란드어 suomi"},
    {"fr", "fre fra french französisch franzoesisch 프랑스어 불어 français francais"},
    {"he", "heb hebrew hebräisch 히브리어"},
    {"hi", "hin hindi 힌디어"},
    {"hr", "hrv croatian kroatisch 크로아티아어 hrvatski"},
    {"hu", "hun hungarian ungarisch 헝가리어 magyar"},
    {"id", "ind indonesian indonesisch 인도네시아어"},
    {"it", "ita italian italienisch 이탈리아어 italiano"},
    {"ja", "jpn jp japanese japanisch 일본어 日本語"},
    {"km", "khm khmer 크메르어"},
    {"lt", "lit lithuanian litauisch 리투아니아어"},
    {"lv", "lav latvian lettisch 라트비아어"},
    {"mn", "mon mongolian mongolisch 몽골어"},
    {"ms", "may msa malay malaiisch 말레이어"},
    {"my", "bur mya burmese birmanisch 미얀마어"},
    {"ne", "nep nepali nepalesisch 네팔어"},
    {"nl", "dut nld dutch niederländisch holländisch 네덜란드어 nederlands"},
    {"no", "nor norwegian norwegisch 노르웨이어 norsk"},
    {"pl", "pol polish polnisch 폴란드어 polski"},
    {"pt", "por portuguese portugiesisch 포르투갈어 português portugues"},
    {"ro", "rum ron romanian rumänisch 루마니아어 română"},
    {"ru", "rus russian russisch 러시아어 русский"},
    {"sk", "slo slk slovak slowakisch 슬로바키아어"},
    {"sl", "slv slovenian slowenisch 슬로베니아어"},
    {"sq", "alb sqi albanian albanisch 알바니아어 shqip"},
    {"sr", "srp serbian serbisch 세르비아어"},
    {"sv", "swe swedish schwedisch 스웨덴어 svenska"},
    {"th", "tha thai thailändisch 태국어 타이어"},
    {"tr", "tur turkish türkisch tuerkisch 튀르키예어 터키어 türkçe"},
    {"uk", "ukr ua ukrainian ukrainisch 우크라이나어 українська"},
    {"ur", "urd urdu 우르두어"},
    {"uz", "uzb uzbek usbekisch 우즈베크어"},
    {"vi", "vie vn vietnamese vietnamesisch 베트남어"},
    {"zh", "chi zho cn chinese chinesisch mandarin 중국어 中文"},
};

static bool stands_in(const char *words, const char *word, size_t len)
{
    for (const char *at = words; *at != '\0'; at += strspn(at, " ")) {
        size_t own = strcspn(at, " ");
        if (own == len && strncasecmp(at, word, len) == 0)
            return true;
        at += own;
    }
    return false;
}

const char *language_find_tag(const char *word, size_t len)
{
    for (size_t i = 0; len > 0 && i < COUNT_OF(languages); i++) {
        if (stands_in(languages[i].words, word, len))
            return languages[i].tag;
    }
    return NULL;
}
