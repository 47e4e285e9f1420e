"""Client for Dubbing Sessions: save a pipeline's folder to a portal and load it.

    from dubbing_client import Folder, State, config, locked, plan_save, save

    api, folder = config.connect(), Folder(Path("talk"))
    with locked(folder):
        state = State.read(api.url, folder)
        plan = plan_save(api, folder, state, name="Talk")
        print(save(api, plan, state, message="Audio in Hindi").version)

Names are imported on first use, so that short programs start quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dubbing_client.version import __version__ as __version__

if TYPE_CHECKING:
    from dubbing_client.api import Api as Api
    from dubbing_client.dropin.collector import collect_session_data as collect_session_data
    from dubbing_client.dropin.manager import ProjectSessionManager as ProjectSessionManager
    from dubbing_client.errors import (
        ConflictError as ConflictError,
        DubsError as DubsError,
        LocalChangesError as LocalChangesError,
        NotFoundError as NotFoundError,
        Problem as Problem,
        SignedOutError as SignedOutError,
        UnsafeNamesError as UnsafeNamesError,
    )
    from dubbing_client.folder import Folder as Folder
    from dubbing_client.load_plan import LoadPlan as LoadPlan, plan_load as plan_load
    from dubbing_client.loader import LoadResult as LoadResult, load as load
    from dubbing_client.locks import locked as locked
    from dubbing_client.save_plan import SavePlan as SavePlan, plan_save as plan_save
    from dubbing_client.saver import SaveResult as SaveResult, save as save
    from dubbing_client.state import State as State

_EXPORTS = {
    "api": ("Api",),
    "dropin.collector": ("collect_session_data",),
    "dropin.manager": ("ProjectSessionManager",),
    "errors": (
        "ConflictError",
        "DubsError",
        "LocalChangesError",
        "NotFoundError",
        "Problem",
        "SignedOutError",
        "UnsafeNamesError",
    ),
    "folder": ("Folder",),
    "load_plan": ("LoadPlan", "plan_load"),
    "loader": ("LoadResult", "load"),
    "locks": ("locked",),
    "save_plan": ("SavePlan", "plan_save"),
    "saver": ("SaveResult", "save"),
    "state": ("State",),
}
_MODULES = {name: module for module, names in _EXPORTS.items() for name in names}
__all__ = ["__version__", *sorted(_MODULES)]  # noqa: PLE0604 (all of them are strings)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
