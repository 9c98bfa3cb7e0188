/*
 * The words of the report. It is read by people who never saw the command line, in the language
 * that was asked for, whatever the operator's is.
 */
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "desk/report.h"
#include "model/cause.h"

static const char *const tags[REPORT_LANGUAGES] = {
    [REPORT_EN] = "en", [REPORT_DE] = "de", [REPORT_KO] = "ko"};

static const struct {
    const char *en, *de, *ko;
} words[] = {
    /* clang-format off */
    {"Delivery report", "Versandbericht", "발송 결과 보고서"},
    {"This report is final.", "Dieser Bericht ist abschließend.", "이 보고서는 최종본입니다."},
    {"This report is not final.", "Dieser Bericht ist noch nicht abschließend.", "이 보고서는 최종본이 아닙니다."},
    {"people are still open", "Personen sind noch offen", "명에게는 아직 발송이 끝나지 않았습니다"},
    {"the duties were not looked at", "Die Pflichten wurden nicht geprüft", "의무를 확인하지 못했습니다"},
    {"Could not be looked at", "Konnte nicht geprüft werden", "확인할 수 없었습니다"},
    {"duties are still open", "Pflichten sind noch offen", "건의 의무가 아직 남아 있습니다"},
    {"not everybody is in the books yet", "noch nicht alle Personen sind erfasst", "아직 모든 대상자가 등록되지 않았습니다"},
    {"of the delivered went to an outbox: nothing really left", "der als zugestellt Gezählten nur im Postausgangsordner: wirklich gesendet wurde nichts", "명은 전달됨으로 집계되었으나 보낼 편지함에 저장되었을 뿐 실제로 발송되지 않았습니다"},
    {"Overview", "Überblick", "개요"},
    {"Campaign", "Kampagne", "캠페인"},
    {"State", "Stand", "상태"},
    {"Letter", "Schreiben", "안내문"},
    {"Kind of notice", "Art der Mitteilung", "통지 유형"},
    {"Started", "Gestartet", "발송 시작"},
    {"by", "durch", "담당자"},
    {"First delivery", "Erste Zustellung", "첫 전달"},
    {"Half of all deliveries by", "Die Hälfte zugestellt bis", "절반 전달 시점"},
    {"Last delivery", "Letzte Zustellung", "마지막 전달"},
    {"People", "Personen", "대상자"},
    {"Reached", "Erreicht", "전달 완료"},
    {"In an outbox: nothing really left", "Im Postausgangsordner: wirklich gesendet wurde nichts", "보낼 편지함에 저장됨: 실제로 발송되지 않음"},
    {"People by outcome", "Personen nach Ergebnis", "결과별 인원"},
    {"Cohort", "Gruppe", "그룹"},
    {"Language", "Sprache", "언어"},
    {"Channel", "Kanal", "채널"},
    {"Total", "Summe", "합계"},
    {"delivered", "zugestellt", "전달됨"},
    {"open", "offen", "미완료"},
    {"uncertain", "unklar", "확인 불가"},
    {"failed", "fehlgeschlagen", "실패"},
    {"expired", "abgelaufen", "기한 만료"},
    {"suppressed", "ausgeschlossen", "발송 제외"},
    {"cancelled", "abgebrochen", "취소됨"},
    {"waiting", "wartend", "대기"},
    {"deferred", "zurückgestellt", "재시도 대기"},
    {"held", "zurückgehalten", "보류"},
    {"in_flight", "unterwegs", "발송 중"},
    {"email", "E-Mail", "이메일"},
    {"sms", "SMS", "문자메시지"},
    {"webhook", "Webhook", "웹훅"},
    {"The people of all groups add up to", "Die Personen aller Gruppen ergeben zusammen", "모든 그룹의 인원을 더한 값"},
    {"as many as the campaign has.", "genau so viele, wie die Kampagne umfasst.", "캠페인의 전체 대상자 수와 일치합니다."},
    {"but the campaign has", "die Kampagne umfasst aber", "그러나 캠페인의 전체 대상자 수는 다음과 같습니다"},
    {"Who was not reached, and why", "Wer nicht erreicht wurde und warum", "전달되지 않은 대상자와 사유"},
    {"Outcome", "Ergebnis", "결과"},
    {"Cause", "Grund", "원인"},
    {"Everybody was reached.", "Alle wurden erreicht.", "모든 대상자에게 전달되었습니다."},
    {"Second ways", "Ersatzwege", "대체 발송"},
    {"in another language than asked for", "in einer anderen als der gewünschten Sprache", "요청한 언어가 아닌 다른 언어로 발송"},
    {"by another channel than the first", "über einen anderen als den ersten Kanal", "첫 번째가 아닌 다른 채널로 발송"},
    {"Told by telephone", "Telefonisch verständigt", "전화 안내"},
    {"reached", "erreicht", "통화 완료"},
    {"no_answer", "niemand erreicht", "응답 없음"},
    {"wrong_number", "falsche Nummer", "잘못된 번호"},
    {"refused", "Gespräch abgelehnt", "통화 거부"},
    {"call_back", "Rückruf gewünscht", "재통화 요청"},
    {"Nobody was called.", "Es wurde niemand angerufen.", "전화 안내 기록이 없습니다."},
    {"Approvals", "Freigaben", "승인"},
    {"Role", "Rolle", "역할"},
    {"Who", "Wer", "승인·결정한 사람"},
    {"When", "Wann", "일시"},
    {"valid", "gültig", "유효"},
    {"void", "ungültig", "무효"},
    {"taken back", "zurückgezogen", "승인 철회"},
    {"Nobody approved it.", "Es liegt keine Freigabe vor.", "승인 기록이 없습니다."},
    {"First recipients and waves", "Erste Empfänger und Wellen", "선발송과 분할 발송"},
    {"First recipients", "Erste Empfänger", "선발송 대상"},
    {"looked at, and released", "geprüft und freigegeben", "확인 후 전체 발송 승인됨"},
    {"not released yet", "noch nicht freigegeben", "아직 전체 발송이 승인되지 않음"},
    {"People per wave", "Personen je Welle", "회차별 인원"},
    {"Everybody at once.", "Alle auf einmal.", "한 번에 전체 발송했습니다."},
    {"Decisions", "Entscheidungen", "결정 사항"},
    {"What", "Was", "내용"},
    {"Reason", "Begründung", "사유·근거"},
    {"Duties that are still open", "Noch offene Pflichten", "아직 남아 있는 의무"},
    {"Due", "Frist", "기한"},
    {"Rule", "Regel", "규정"},
    {"at once", "unverzüglich", "지체 없이"},
    {"Not looked at: the campaign's file was not there.", "Nicht geprüft: Die Datei der Kampagne lag nicht vor.", "캠페인 파일이 없어 확인하지 못했습니다."},
    {"None is open.", "Es ist keine offen.", "남아 있는 의무가 없습니다."},
    {"Counted from the books on", "Gezählt aus den Büchern am", "원장 기준 집계 일시"},
    {"draft", "Entwurf", "초안"},
    {"scheduled", "geplant", "예약됨"},
    {"canary", "erste Empfänger", "선발송"},
    {"running", "läuft", "진행 중"},
    {"paused", "angehalten", "멈춤"},
    {"halted", "automatisch gestoppt", "자동 중단"},
    {"finished", "abgeschlossen", "완료"},
    {"completed_with_failures", "mit Fehlern abgeschlossen", "완료(일부 실패)"},
    {"none", "keine Datenschutzmitteilung", "개인정보 유출 통지 아님"},
    {"possibility", "Hinweis auf einen möglichen Vorfall", "유출 가능성 통지"},
    {"initial", "Erstmitteilung", "최초 통지"},
    {"confirmed", "Mitteilung über einen bestätigten Vorfall", "유출 확인 통지"},
    {"supplement", "Ergänzung", "추가 통지"},
    {"progress", "Zwischenbericht", "진행 상황 안내"},
    {"all_clear", "Entwarnung", "미유출 확인 통지"},
    {"public_notice", "öffentliche Bekanntmachung", "홈페이지 공고"},
    /* causes */
    {":bad_recipient", "Die Adresse gibt es dort nicht.", "존재하지 않는 주소입니다."},
    {":domain_unknown", "Die Domain gibt es nicht oder sie nimmt keine E-Mails an.", "도메인이 없거나 메일을 받지 않습니다."},
    {":mailbox_full", "Das Postfach ist voll.", "메일함이 가득 찼습니다."},
    {":policy", "Der Server hat die Nachricht als verdächtig abgelehnt.", "상대 서버가 의심스러운 메일로 보아 거부했습니다."},
    {":content", "Der Server hat den Inhalt abgelehnt.", "상대 서버가 내용을 이유로 거부했습니다."},
    {":expired", "Die Frist lief ab, bevor zugestellt werden konnte.", "전달하기 전에 기한이 지났습니다."},
    {":invalid", "Die Zeile der Liste ist nicht verwendbar.", "명단의 해당 행을 사용할 수 없습니다."},
    {":duplicate_recipient", "Eine andere Zeile geht bereits an diese Adresse.", "같은 주소로 보내는 행이 이미 있습니다."},
    {":no_address", "Es liegt keine verwendbare Adresse vor.", "사용할 수 있는 연락처가 없습니다."},
    {":unsubscribed", "Die Person hat sich abgemeldet.", "수신을 거부한 대상자입니다."},
    {":complaint", "Die Person hat sich über eine frühere Nachricht beschwert.", "이전 발송에 대해 불만을 제기한 대상자입니다."},
    {":condition", "Das eigene System hat die Nachricht zurückgehalten.", "자사 시스템이 발송하지 않도록 응답했습니다."},
    {":trial_mode", "Im Probebetrieb erhalten nur freigegebene Adressen etwas.", "시험 모드라서 허용된 주소에만 발송합니다."},
    {":interrupted", "Das Programm endete während des Versands; die Nachricht kann angekommen sein.", "발송 도중 프로그램이 종료되어 전달 여부를 알 수 없습니다."},
    {":no_report", "Der Ausgang wurde nicht gemeldet; die Nachricht kann angekommen sein.", "결과가 보고되지 않아 전달 여부를 알 수 없습니다."},
    {":operator", "Auf Anweisung.", "운영자의 지시에 따른 조치입니다."},
    {":outbox", "Das Schreiben liegt im Postausgangsordner; gesendet wurde nichts.", "안내문은 보낼 편지함에 있으며 실제로 발송되지 않았습니다."},
    {":connect", "Der Server war nicht erreichbar.", "서버에 연결할 수 없었습니다."},
    {":undeliverable", "Nicht zustellbar.", "전달할 수 없습니다."},
    /* clang-format on */
};

bool report_language_parse(const char *name, enum report_language *out)
{
    for (int i = 0; i < REPORT_LANGUAGES; i++) {
        if (strcmp(tags[i], name) != 0)
            continue;
        *out = (enum report_language)i;
        return true;
    }
    return false;
}

const char *report_language_tag(enum report_language language)
{
    return tags[language];
}

const char *report_word(enum report_language language, const char *english)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].en, english) != 0)
            continue;
        return language == REPORT_DE ? words[i].de : language == REPORT_KO ? words[i].ko : english;
    }
    return english;
}

const char *report_cause(enum report_language language, const char *cause)
{
    struct buf key = {0};
    const char *meaning = cause_meaning(cause);
    const char *english = meaning != NULL ? meaning : cause;
    if (language == REPORT_EN)
        return english;
    buf_printf(&key, ":%s", cause);
    const char *found = report_word(language, buf_text(&key));
    bool known = found != buf_text(&key);
    buf_free(&key);
    return known ? found : english;
}
