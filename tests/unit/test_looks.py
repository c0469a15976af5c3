# ruff: noqa: E501 - user agents as they are sent
"""Who only looks, by the user agents they really send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.looks import is_look

CHROME = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/129.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko)"
)
COMPATIBLE = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible;"

UNFURLERS = [
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    "facebookcatalog/1.0",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; Pinterestbot/1.0; +https://www.pinterest.com/bot.html)",
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/70.0.3538.77 Safari/537.36 Snap URL Preview Service; bot; snapchat; "
    "https://developers.snap.com/robots",
    "Viber/13.3.0.5 CFNetwork/1240.0.4 Darwin/20.6.0",
    "Mozilla/5.0 (compatible;Linespider/1.1;+https://lin.ee/4dwXkTH)",
    "http.rb/5.1.1 (Mastodon/4.2.1; +https://mastodon.social/)",
    "Mastodon/4.3.0 (http.rb/5.2.0; +https://chaos.social/) Bot",
    "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
    "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)",
    "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Mozilla/5.0 (compatible; TikTokSpider; ttspider-feedback@tiktok.com)",
    "Tumblr/14.0.835.186",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; "
    "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)) "
    "Chrome/96.0.4664.110 Safari/537.36",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Rocket.Chat/6.0 (+https://rocket.chat)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.11; rv:49.0) Gecko/20100101 Firefox/49.0 (FlipboardProxy/1.2; +http://flipboard.com/browserproxy)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Quora Link Preview/1.0 (http://www.quora.com)",
    "facebookplatform/1.0 (+http://developers.facebook.com)",
    "DingTalkBot-LinkService/1.0 (+https://open-doc.dingtalk.com)",
    "Friendica 'Yellow Archangel' 2024.12; https://friendica.example",
    "Akkoma 3.13.2; https://akkoma.example",
    "Lemmy/0.19.5; +https://lemmy.example",
    "gotosocial/0.17.1 (+https://social.example)",
    "Synapse (bot; +https://github.com/matrix-org/synapse)",
]
CRAWLERS = [
    "Mattermost-Bot/1.1",
    "Notionbot/1.0",
    "Mozilla/5.0 (compatible; Linux x86_64; Mail.RU_Bot/2.0)",
    f"{CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    f"{CHROME} (compatible; Google-InspectionTool/1.0;)",
    f"{COMPATIBLE} bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    f"{CHROME} (compatible; Bytespider; spider-feedback@bytedance.com)",
    f"{COMPATIBLE} GPTBot/1.2; +https://openai.com/gptbot)",
    f"{COMPATIBLE} ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Mozilla/5.0 (compatible; SomethingNewBot/1.0; +https://new.example/bot)",
]
PEOPLE = [
    CHROME,
    f"{IPHONE} Version/17.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0",
    # inside Instagram
    f"{IPHONE} Mobile/15E148 Instagram 346.0.0.31.74 (iPhone14,5; iOS 17_6_1; de_DE; de; "
    "scale=3.00; 1170x2532; 640014321)",
    "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Version/4.0 Chrome/128.0.6613.127 Mobile Safari/537.36 Instagram 347.2.0.43.107 "
    "Android (34/14; 480dpi; 1080x2115; samsung; SM-S911B; dm1q; qcom; en_US; 640014321)",
    # inside Facebook and Messenger
    f"{IPHONE} Mobile/21G93 [FBAN/FBIOS;FBAV/480.0.0.34.108;FBBV/640;FBDV/iPhone14,5;FBMD/iPhone;"
    "FBSN/iOS;FBSV/17.6.1;FBSS/3;FBID/phone;FBLC/de_DE;FBOP/80]",
    "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/128.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/479.0.0.53.86;]",
    # inside TikTok
    f"{IPHONE} Mobile/15E148 musical_ly_36.1.0 BytedanceWebview/d8a21c6 AppName/musical_ly "
    "Channel/App Store NetType/WIFI Region/DE",
    "Mozilla/5.0 (Linux; Android 12; M2102J20SG) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/110.0.5481.153 Mobile Safari/537.36 trill_360505 BytedanceWebview/d8a21c6",
    # inside WhatsApp, Line, Snapchat, Pinterest, LinkedIn, Twitter, Telegram, Viber, WeChat
    f"{IPHONE} Mobile/15E148 WhatsApp/24.17.78",
    f"{IPHONE} Mobile/15E148 Safari Line/14.13.0",
    f"{IPHONE} Mobile/15E148 Snapchat/12.99.0.36 (like Safari/8618.3.11.10.5, panda)",
    f"{IPHONE} Mobile/15E148 [Pinterest/iOS]",
    f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.30.2270",
    f"{IPHONE} Mobile/15E148 Twitter for iPhone/10.56.1",
    f"{CHROME} Telegram-Android/11.1.3 (Google Pixel 8; Android 14; SDK 34; HIGH)",
    f"{CHROME} Viber/23.4.0.4",
    f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.50(0x18003234) NetType/WIFI Language/zh_CN",
    "Mozilla/5.0 (Linux; Android 11; Pinterest for Android/12.30.0) Chrome/120 Mobile Safari/537.36",
    # a phone whose maker's name ends in "bot"
    "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Mobile Safari/537.36",
    # people at work
    "curl/8.9.1",
    "python-requests/2.32.3",
    "Wget/1.21.4",
]


@pytest.mark.parametrize("agent", UNFURLERS)
def test_unfurlers_only_look(agent: str) -> None:
    assert is_look("GET", {"User-Agent": agent}) == "unfurler"


@pytest.mark.parametrize("agent", CRAWLERS)
def test_crawlers_only_look(agent: str) -> None:
    assert is_look("GET", {"User-Agent": agent}) == "crawler"


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_visit(agent: str) -> None:
    assert is_look("GET", {"User-Agent": agent}) is None


@pytest.mark.parametrize("headers", [{}, {"User-Agent": ""}])
def test_without_a_user_agent_the_buyer_has_the_benefit(headers: dict[str, str]) -> None:
    assert is_look("GET", headers) is None


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "head", "POST"])
def test_only_a_get_is_a_visit(method: str) -> None:
    assert is_look(method, {"User-Agent": CHROME}) == "method"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("X-Purpose", "preview"),
        ("X-moz", "prefetch"),
        ("PURPOSE", "Prefetch"),
    ],
)
def test_what_a_browser_fetches_ahead_is_a_look(name: str, value: str) -> None:
    assert is_look("GET", {"User-Agent": CHROME, name: value}) == "prefetch"


@given(st.text(max_size=2_000), st.text(max_size=50))
def test_no_header_breaks_it(agent: str, purpose: str) -> None:
    assert is_look("GET", {"User-Agent": agent, "Purpose": purpose}) in (
        None,
        "prefetch",
        "unfurler",
        "crawler",
    )
