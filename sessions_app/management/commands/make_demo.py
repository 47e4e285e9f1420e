from __future__ import annotations

from typing import Any

from django.utils import timezone

from sessions_app.management.demo import account, project
from sessions_app.management.portal_command import PortalCommand


class Command(PortalCommand):
    help = "Create the demo session with real media, for the account “demo”. The first `run` does this by itself."

    def perform(self, _: dict[str, Any]) -> dict[str, object]:
        owner = account.ensure_account()
        session = project.save_project(owner=owner, clock=timezone.now)
        return {"name": session.name, "code": str(session.code), "owner": owner.username}

    def describe(self, result: Any) -> str:
        return f"Created “{result['name']}”."
