"""What the Airflow API server serves of ours: secret definitions over HTTP. This file imports nothing."""
