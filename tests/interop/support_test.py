"""The rig itself: a test is worth what its tools are worth."""
import hashlib
import smtplib
import tomllib
import unittest

from support import knot, postfix, toml
from support.certificates import self_signed
from support.client import Client, Closed, Refused, smtp_send
from support.mail import compose, from_corpus, without_trace
from support.rig import Rig
from support.sink import DROP, Sink, SinkProcess
from support.waiting import until


class SupportTest(unittest.TestCase):
    def setUp(self):
        self.rig = Rig("support")
        self.addCleanup(self.rig.close)

    def sink(self, **options) -> Sink:
        sink = Sink(self.rig.host(4), **options)
        self.addCleanup(sink.close)
        return sink

    def test_the_sink_keeps_envelope_and_octets_that_a_strange_client_sends(self):
        sink = self.sink()
        mail = compose(body=b".one dot\r\n..two\r\n\r\n.\nbare\r\n")
        with smtplib.SMTP(sink.address, sink.port, source_address=(self.rig.host(9), 0)) as client:
            client.ehlo("client.example")
            client.mail("a@example.org", ["BODY=8BITMIME"])
            client.rcpt("b@world.example", ["NOTIFY=NEVER"])
            client.docmd("DATA")
            client.send(mail.octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            self.assertEqual(client.getreply()[0], 250)
        [got] = sink.wait_for(mail.marker)
        self.assertEqual(got.octets, mail.octets)
        self.assertEqual((got.reverse_path, got.forward_paths), ("a@example.org", ["b@world.example"]))
        self.assertEqual(got.parameters, {"": "BODY=8BITMIME", "b@world.example": "NOTIFY=NEVER"})
        self.assertEqual((got.connection.client, got.connection.helo), (self.rig.host(9), "client.example"))

    def test_our_client_and_the_sink_agree_by_data_and_by_bdat(self):
        sink = self.sink(certificate=self_signed(self.rig.directory, "mx.world.example"))
        mail = compose(body=b"..\r\n.\r\n.x\r\nend\r\n")
        for way in ("data", "bdat"):
            with self.subTest(way=way), Client((sink.address, sink.port)) as client:
                client.ehlo()
                client.starttls()
                client.envelope("a@example.org", ["b@world.example"])
                if way == "data":
                    client.data(mail.octets)
                else:
                    client.bdat(mail.octets[:10], last=False)
                    client.bdat(mail.octets[10:])
        self.assertEqual([each.octets for each in sink.got(mail.marker)], [mail.octets] * 2)
        self.assertTrue(all(each.connection.tls for each in sink.got(mail.marker)))

    def test_the_sink_misbehaves_as_told(self):
        sink = self.sink()
        sink.answer("rcpt", "550 5.1.1 no such user", "gone@world.example")
        sink.answer("end", "451 4.3.0 later", times=1)
        sink.answer("mail", DROP, times=1)
        with Client((sink.address, sink.port)) as client:
            client.ehlo()
            with self.assertRaises(Closed):
                client.command("MAIL FROM:<>")
        mail = compose()
        with Client((sink.address, sink.port)) as client:
            client.ehlo()
            client.must("MAIL FROM:<>", 250)
            refusal = client.command("RCPT TO:<Gone@world.example>")
            self.assertEqual((refusal.code, refusal.enhanced), (550, "5.1.1"))
            client.must("RCPT TO:<here@world.example>", 250)
            self.assertEqual(client.data(mail.octets), 451)
        self.assertEqual(sink.got(mail.marker), [])
        smtp_send((sink.address, sink.port), mail.octets, "", ["here@world.example"])
        self.assertEqual(len(sink.got(mail.marker)), 1)

    def test_the_sink_says_what_it_took(self):
        sink, mail = self.sink(), compose()
        reply = smtp_send((sink.address, sink.port), mail.octets, "a@example.org", ["b@world.example"])
        digest = hashlib.sha256(mail.octets).hexdigest()[:16]
        self.assertEqual(str(reply), f"250 2.0.0 taken {len(mail.octets)} octets sha256={digest}")

    def test_the_sink_complains_of_what_no_honest_machine_sends(self):
        sink, mail = self.sink(), compose()
        self.rig.watch(sink)
        size = len(mail.octets)
        for octets, parameters, trouble in ((mail.octets, f"SIZE={size}", None), (mail.octets, "", None),
                                            (mail.octets, f"BODY=8BITMIME SIZE={size + 1}", f"{size} octets where SIZE={size + 1}"),
                                            (b"", "", "an empty message"), (b"\r\nno header\r\n", "", "does not begin like a message"),
                                            (b"nonsense\r\n", "", "does not begin like a message")):
            with self.subTest(octets=octets[:20], parameters=parameters):
                with Client((sink.address, sink.port)) as client:
                    client.ehlo()
                    client.envelope("a@example.org", ["b@world.example"], parameters)
                    client.bdat(octets)
                self.assertEqual([trouble is not None and trouble in each for each in self.rig.troubles()], [True] if trouble else [])

    def test_the_sink_takes_mail_from_who_logged_in_and_logins_under_tls(self):
        certificate = self_signed(self.rig.directory, "mx.world.example")
        sink = self.sink(certificate=certificate, implicit_tls=True, logins={"us": "secret"})
        mail = compose()
        with Client((sink.address, sink.port), implicit_tls=True) as client:
            client.ehlo()
            self.assertEqual(client.extensions["AUTH"], "PLAIN")
            self.assertNotIn("STARTTLS", client.extensions)
            self.assertEqual(client.command("MAIL FROM:<>"), 530)
            self.assertEqual(client.auth_plain("us", "wrong"), 535)
            self.assertEqual(client.auth_plain("us", "secret"), 235)
            client.envelope("", ["b@world.example"])
            self.assertEqual(client.data(mail.octets), 250)
        [got] = sink.got(mail.marker)
        self.assertEqual((got.connection.tls, got.connection.user), (True, "us"))

        clear = Sink(self.rig.host(5), certificate=certificate, logins={"us": "secret"})
        self.addCleanup(clear.close)
        with Client((clear.address, clear.port)) as client:
            client.ehlo()
            self.assertNotIn("AUTH", client.extensions)
            self.assertEqual(client.auth_plain("us", "secret"), 504)

    def test_a_message_is_whole_below_trace_fields_alone(self):
        mail, bare = compose(), compose(message_id=False)
        trace = b"Received: from x\r\n\tby y; now\r\nReturn-Path: <>\r\nReceived: from y\r\n"
        added = b"Message-ID: <x@y>\r\n"
        for kept, stored in ((mail, mail.octets), (mail, trace + mail.octets), (bare, trace + added + bare.octets),
                             (bare, bare.octets)):
            with self.subTest(stored=stored):
                self.assertIsNone(kept.trouble_with(stored))
        for kept, stored in ((mail, b""), (mail, mail.octets + b"\r\n"), (mail, mail.octets[:-1]), (mail, b"X: y\r\n" + mail.octets),
                             (mail, trace + added + mail.octets), (bare, added + trace + bare.octets),
                             (bare, added + added + bare.octets), (bare, b"Date: now\r\n" + bare.octets),
                             (mail, mail.octets.replace(b"Hello", b"Hallo")), (mail, compose().octets)):
            with self.subTest(stored=stored):
                self.assertIsNotNone(kept.trouble_with(stored))

    def test_the_sink_is_a_program_too(self):
        sink = SinkProcess(self.rig, self.rig.host(4), {"gone@world.example": "550 5.1.1 gone"})
        mail, server = compose(), (sink.at.partition(":")[0], int(sink.at.partition(":")[2]))
        smtp_send(server, mail.octets, "a@example.org", ["b@world.example"])
        [got] = until(lambda: sink.got(mail.marker), "the message in the directory")
        self.assertEqual((got.octets, got.forward_paths), (mail.octets, ["b@world.example"]))
        with self.assertRaisesRegex(Refused, "550 5.1.1 gone"):
            smtp_send(server, mail.octets, "a@example.org", ["gone@world.example"])

    def test_knot_answers_for_its_zones_alone(self):
        server = knot.Knot(self.rig, self.rig.host(5), {"world.example": "@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 192.0.2.1\nmx2 A 192.0.2.2"})
        self.assertEqual(knot.query(server.address, server.port, "world.example", "MX"), 2)
        self.assertEqual(knot.query(server.address, server.port, "mx1.world.example", "A"), 1)
        self.assertEqual(knot.query(server.address, server.port, "else.example", "MX"), 0)

    @unittest.skipUnless(postfix.available(), "Postfix needs root")
    def test_postfix_files_local_mail_copies_it_and_relays_the_rest(self):
        sink = self.sink()
        at = self.rig.host(2), self.rig.port(self.rig.host(2))
        server = postfix.Postfix(self.rig, at, f"[{sink.address}]:{sink.port}", ["alice"], [self.rig.host(9)])
        local, outside = compose(), compose(to="x@world.example")
        smtp_send(server.smtp, local.octets, "s@world.example", ["alice@example.org"], source=self.rig.host(8))
        smtp_send(server.smtp, outside.octets, "alice@example.org", ["x@world.example"], source=self.rig.host(9))
        [copy], [relayed] = sink.wait_for(local.marker), sink.wait_for(outside.marker)
        self.assertEqual((copy.reverse_path, copy.forward_paths), ("s@world.example", ["alice@copy.example.org"]))
        self.assertEqual((relayed.reverse_path, relayed.forward_paths), ("alice@example.org", ["x@world.example"]))
        self.assertEqual(without_trace(relayed.octets), outside.octets)
        [filed] = server.mailbox("alice")
        self.assertEqual(without_trace(filed), local.octets)
        server.stop()

    def test_toml_is_read_back_as_it_was_written(self):
        document = {"server": {"hostname": "a\"b\\c", "n": 3, "on": True}, "client": [{"may": ["relay", "copy"]}, {"may": []}],
                    "template": [{"name": "x", "retention": [{"folder": "*"}, {"folder": "Junk"}]}], "dns": {}}
        self.assertEqual(tomllib.loads(toml.dumps(document)), document)

    def test_a_corpus_message_gets_a_marker_and_keeps_the_rest(self):
        mail = from_corpus("plain/cyrus__simple.eml")
        self.assertIn(mail.marker.encode(), mail.octets.split(b"\r\n")[0])
        self.assertNotIn(b"\n", mail.octets.replace(b"\r\n", b""))


if __name__ == "__main__":
    unittest.main()
