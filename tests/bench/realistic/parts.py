"""MIME parts (RFC 2045, RFC 2046) in the charsets and encodings that real mail has, and encoded words (RFC 2047)."""
import base64
import quopri
import random
from collections.abc import Sequence

from realistic.attachments import Attachment
from realistic.chance import pick
from realistic.words import CHARSETS, OTHER_DOMAINS, WORDS

LONGEST_LINE = 990
STYLE = ("<style>body{font-family:Calibri,Arial,sans-serif;font-size:11pt}p.MsoNormal{margin:0cm;margin-bottom:.0001pt}"
         "table{border-collapse:collapse}td{padding:4px 8px}</style>")
PARAGRAPH = '<p class="MsoNormal"><span style="font-size:11.0pt;color:#1F497D">%s<o:p></o:p></span></p>\r\n'


def encoded_words(text: str) -> str:
    if text.isascii():
        return text
    pieces, piece = [], ""
    for letter in text:
        if len((piece + letter).encode()) > 42:
            pieces.append(piece)
            piece = ""
        piece += letter
    pieces.append(piece)
    return "\r\n ".join(f"=?UTF-8?B?{base64.b64encode(each.encode()).decode()}?=" for each in pieces)


def text_part(chance: random.Random, media_type: str, text: str, language: str, parameters: str = "") -> bytes:
    """`text` has CRLF line ends."""
    charset, encoding, _ = pick(chance, CHARSETS[language])
    try:
        raw = text.encode(charset)
    except UnicodeEncodeError:
        if charset == "us-ascii":
            charset, encoding, raw = "utf-8", "quoted-printable", text.encode()
        else:
            raw = text.encode(charset, "replace")
    if encoding == "7bit" and not raw.isascii():
        encoding = "8bit"
    if encoding != "base64" and any(len(line) > LONGEST_LINE for line in raw.split(b"\r\n")):
        encoding = "base64"
    if encoding == "quoted-printable":
        raw = quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        raw = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    head = f'Content-Type: {media_type}; charset="{charset}"{parameters}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + raw


def multipart(subtype: str, parts: Sequence[bytes], boundary: str) -> bytes:
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    mark = b"--" + boundary.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def attached(attachment: Attachment, name: str) -> bytes:
    head = (f'Content-Type: {attachment.media_type};\r\n name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n')
    return head.encode() + attachment.base64


def inline(attachment: Attachment, name: str, number: int) -> bytes:
    head = (f'Content-Type: {attachment.media_type}; name="{name}"\r\nContent-ID: <{name}@{number}>\r\n'
            f'Content-Transfer-Encoding: base64\r\nContent-Disposition: inline; filename="{name}"\r\n\r\n')
    return head.encode() + attachment.base64


def html(chance: random.Random, lines: Sequence[str], language: str) -> str:
    """The lines as an office program writes them; the richest end with a newsletter's table of links and pictures."""
    richness = chance.random()
    made = ['<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv="Content-Type" content="text/html">'
            + STYLE * (1 if richness < 0.6 else 6) + f'</head><body lang="{language}">\r\n']
    for line in lines:
        made.append(PARAGRAPH % (line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "&nbsp;"))
    if richness > 0.85:
        made += ["<table><tr>" + "".join(_picture(chance) for _ in range(4)) + "</tr></table>\r\n" for _ in range(chance.randint(3, 30))]
    return "".join([*made, "</body></html>\r\n"])


def _picture(chance: random.Random) -> str:
    return (f'<td><a href="https://www.{chance.choice(OTHER_DOMAINS)}/c/{chance.getrandbits(64):x}">'
            f'<img src="https://www.{chance.choice(OTHER_DOMAINS)}/i/{chance.randint(1, 400)}.png" width=200 height=120 '
            f'alt="{chance.choice(WORDS["en"])}"></a></td>')
