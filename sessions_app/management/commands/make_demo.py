from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.utils import timezone

from sessions_app.management.demo import account, media, project
from sessions_app.management.portal_command import PortalCommand


class Command(PortalCommand):
    help = "Make the demo session with real media, for the account “demo”. The first `run` does it by itself."

    def perform(self, _: dict[str, Any]) -> dict[str, object]:
        owner = account.make()
        with tempfile.TemporaryDirectory(prefix="dubbing-demo-") as name:
            folder = Path(name)
            media.make(folder)
            project.write_texts(folder)
            session = project.save(folder, owner=owner, clock=timezone.now)
        return {"name": session.name, "code": str(session.code), "owner": owner.username}

    def describe(self, answer: Any) -> str:
        return f"Made “{answer['name']}”."
