// Plain HTML, without scripts: it works with a keyboard and a screen reader as it is.
#include "gateways/interaction/consent_page.h"

namespace imslab::interaction {

namespace {

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

std::string whole(std::string_view title, const std::string& main) {
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
           escaped(title) +
           "</title>\n<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;"
           "margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
           "button{font:inherit;padding:.5rem 1.2rem;margin-right:1rem}"
           "@media(prefers-color-scheme:dark){body{color:#eee;background:#1a1a1a}}</style>\n"
           "</head>\n<body>\n<main>\n<h1>" +
           escaped(title) + "</h1>\n" + main + "</main>\n</body>\n</html>\n";
}

}  // namespace

std::string consent_page(const Application& application,
                         const Scopes& scopes,
                         std::string_view user,
                         std::string_view ticket) {
    std::string main = "<p>You are <b>" + escaped(user) + "</b>. <b>" + escaped(application.name) +
                       "</b> would like to:</p>\n<ul>\n";
    for (const auto& one : scopes) main += "<li>" + escaped(scope::meaning_of(one)) + "</li>\n";
    main += "</ul>\n<form method=\"post\">\n<input type=\"hidden\" name=\"ticket\" value=\"" +
            escaped(ticket) +
            "\">\n<button name=\"decision\" value=\"allow\">Allow</button>\n"
            "<button name=\"decision\" value=\"deny\">Deny</button>\n</form>\n";
    return whole("May " + application.name + " act for you?", main);
}

std::string error_page(std::string_view sentence) {
    return whole("This does not work", "<p role=\"alert\">" + escaped(sentence) + "</p>\n");
}

}  // namespace imslab::interaction
