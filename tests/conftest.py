"""Shared test material: this folder is on the import path, so tests import the modules beside this file."""
